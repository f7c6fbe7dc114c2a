import { Duplex } from "node:stream";
import { MqttClient } from "mqtt";
import type { Bench, LabAddress, Trace } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import type { WireReference } from "#contract/observation.ts";
import { dial } from "./client.ts";
import type { Connection } from "./connection.ts";
import { Lookout } from "./lookout.ts";
import type { Message } from "./session.ts";

/** A legitimate client: MQTT.js, as it is found in products, over a recorded connection. */
export interface HonestClient extends AsyncDisposable {
  readonly reference: WireReference;
  readonly isOpen: boolean;
  /** Everything that arrived, in order. */
  readonly messages: readonly Message[];
  /** Resolves when granted; throws when denied or not answered in time. */
  subscribe(filter: string, qos?: 0 | 1): Promise<void>;
  /** Resolves when acknowledged, for QoS 0 when written; throws when not in time. */
  publish(topic: string, payload: string, how?: { readonly qos?: 0 | 1; readonly retain?: boolean }): Promise<void>;
  /** The first message so far or from now on for which `predicate` holds; undefined when none came in time. */
  until(predicate: (message: Message) => boolean, withinMs: number): Promise<Message | undefined>;
}

/** How long every answer is waited for, milliseconds. */
const answerWithinMs = 2_000;

/** Connects a legitimate client with a clean session; throws where it is not admitted. */
export async function honestClient(bench: Bench, at: LabAddress, as: Identity, trace?: Trace): Promise<HonestClient> {
  const connection = await dial(bench, at, {
    timeoutMs: answerWithinMs,
    ...(as.certificate && { certificate: as.certificate }),
  });
  trace?.wire(connection.reference);
  const client = new MqttClient(() => streamOver(connection), {
    protocolVersion: 4,
    clientId: as.clientId,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: answerWithinMs,
    ...(as.username !== undefined && { username: as.username }),
    ...(as.password !== undefined && { password: as.password }),
  });
  const lookout = new Lookout(bench.clock);
  const messages: Message[] = [];
  let lastError = new Error("the broker closed the connection");
  client.on("error", (cause) => {
    lastError = cause;
  });
  client.on("close", () => lookout.close());
  client.on("connect", () => lookout.look());
  client.on("message", (topic, payload, { retain, dup, qos }) => {
    messages.push({ topic, payload: payload.toString(), retain, dup, qos });
    lookout.look();
  });
  if ((await lookout.until(() => client.connected || undefined, answerWithinMs)) === undefined) {
    client.end(true);
    connection.destroy();
    throw new Error(`${as.clientId} was not admitted: ${lastError.message}`);
  }
  const answered = <T>(what: string, work: Promise<T>) => inTime(bench, connection, what, work);
  return {
    reference: connection.reference,
    messages,
    get isOpen() {
      return connection.isOpen;
    },
    async subscribe(filter, qos = 0) {
      await answered("SUBACK", client.subscribeAsync(filter, { qos }));
    },
    async publish(topic, payload, { qos = 0, retain = false } = {}) {
      await answered("PUBACK", client.publishAsync(topic, payload, { qos, retain }));
    },
    until: (predicate, withinMs) => lookout.until(() => messages.find(predicate), withinMs),
    async [Symbol.asyncDispose]() {
      client.end();
      connection.close();
      await connection.ended;
    },
  };
}

/** MQTT.js leaves a callback open for ever when the connection ends for good. */
async function inTime<T>(bench: Bench, connection: Connection, what: string, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = bench.clock.sleep(answerWithinMs, over.signal).then((): never => {
    throw new Error(`no ${what} within ${answerWithinMs} ms`);
  });
  const lost = connection.ended.then((): never => {
    throw new Error(`the connection ended before ${what}`);
  });
  for (const promise of [late, lost, work]) promise.catch(() => {});
  try {
    return await Promise.race([work, late, lost]);
  } finally {
    over.abort();
  }
}

/** The connection as the stream that MQTT.js wants. */
function streamOver(connection: Connection): Duplex {
  const stream = new Duplex({
    read() {},
    // MQTT.js writes a packet in pieces; it travels as one.
    writev(pieces: readonly { readonly chunk: Uint8Array }[], done) {
      connection.send(Buffer.concat(pieces.map(({ chunk }) => chunk)));
      done();
    },
    final(done) {
      connection.close();
      done();
    },
    destroy(cause, done) {
      connection.close();
      done(cause);
    },
  });
  connection.hear((bytes) => stream.push(bytes));
  void connection.ended.then(() => stream.destroy());
  return stream;
}
