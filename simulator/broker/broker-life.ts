import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Aedes } from "aedes";
import type { Bench } from "#contract/bench.ts";
import type { Accounts } from "./accounts.ts";
import type { BrokerKnobs } from "./broker-knobs.ts";
import { brokerPolicy } from "./broker-policy.ts";
import { BrokerPulse } from "./broker-pulse.ts";
import { type ConnectDeadline, connectDeadline } from "./connect-deadline.ts";
import { doorkeeper, type Ticket } from "./doorkeeper.ts";
import type { EventLog } from "./event-log.ts";
import { GatedStream, type Origin } from "./gated-stream.ts";
import type { Journal } from "./journal.ts";
import type { Flaw } from "./malformed.ts";
import { messageKeeper } from "./message-keeper.ts";
import { packetGate } from "./packet-gate.ts";
import { PublishCounter } from "./publish-counter.ts";
import type { Traffic } from "./traffic.ts";
import type { Transport } from "./transports.ts";

/** All that a broker keeps in memory from one start to the next end: connections, sessions, retained messages. */
export interface BrokerLife {
  readonly aedesVersion: string;
  accept(raw: Socket, scheme: Origin["scheme"], transport: Transport): void;
  /**
   * Freezes it until the answer is called: connections are accepted and kept, but nothing is read from them or written
   * to them, and no time-out runs out. A TLS handshake or WebSocket upgrade that was under way still comes to its end.
   */
  freeze(): () => void;
  /** Closes every connection at once, as the end of a process does: no will is sent and no DISCONNECT. */
  end(): Promise<void>;
}

/** What outlives a broker's end, and who is told of it. */
export interface Estate {
  readonly knobs: BrokerKnobs;
  readonly accounts: Accounts;
  readonly journal: Journal;
  readonly traffic: Traffic;
  readonly log: EventLog;
  /** Called where a `fragile` broker met a packet that brings it down. */
  readonly crashed: () => void;
}

export async function beginLife(
  { clock, random }: Pick<Bench, "clock" | "random">,
  { knobs, accounts, journal, traffic, log, crashed }: Estate,
): Promise<BrokerLife> {
  const pulse = new BrokerPulse(clock);
  const aedes = await Aedes.createBroker({
    id: `seatrial-${random.hex(4)}`,
    // The gate holds the deadline, and hands a connection over together with its whole CONNECT.
    connectTimeout: 0x7fff_ffff,
    // Waits without end where it may stall; where it may not, the stream never makes it wait.
    drainTimeout: 0,
    ...brokerPolicy(pulse, knobs, accounts, messageKeeper(pulse, knobs, journal, log), log),
  });
  const emitter: EventEmitter = aedes;
  emitter.on("error", (error: unknown) =>
    log.tell("internal-error", error instanceof Error ? error.name : "error", ""),
  );
  emitter.on("connackSent", ({ returnCode }: { readonly returnCode: number }) => {
    if (returnCode === 0) traffic.connections += 1;
  });
  const door = doorkeeper(pulse, knobs);
  /** Every connection, and what carries its MQTT once it is ready to. */
  const sockets = new Set<Socket>();
  const streams = new Set<Duplex>();

  const receive = (stream: Duplex, origin: Origin, ticket: Ticket, deadline: ConnectDeadline) => {
    const gate = packetGate(knobs);
    const incoming = new PublishCounter();
    const outgoing = new PublishCounter();
    let gated: GatedStream | undefined;
    const open = () => {
      deadline.met();
      ticket.connected();
      const opened = new GatedStream(stream, origin, {
        pulse,
        stalls: knobs.slowConsumer === "stall",
        onSlow: () => log.tell("slow-consumer", "does-not-read", origin.source, clientOf(opened)),
        onSent: (bytes) => {
          traffic.publishesSent += outgoing.feed(bytes);
        },
      });
      aedes.handle(opened);
      return opened;
    };
    streams.add(stream);
    stream.once("close", () => streams.delete(stream));
    stream.on("error", () => stream.destroy());
    stream.on("data", (chunk: Buffer) => {
      deadline.heard();
      const { pass, flaw } = gate.feed(chunk);
      if (pass !== undefined) {
        traffic.publishesReceived += incoming.feed(pass);
        gated ??= open();
        gated.admit(pass);
      }
      if (flaw === undefined) return;
      const event = flaw.connack === undefined ? "malformed" : "connect-refused";
      log.tell(event, flaw.rule, origin.source, { clause: flaw.clause, ...clientOf(gated) });
      if (knobs.parsing === "fragile" && flaw.cutShort === true) crashed();
      else turnAway(stream, flaw);
    });
  };

  const letIn = (raw: Socket, scheme: Origin["scheme"], transport: Transport) => {
    // It may have come, and gone again, while the broker was frozen.
    if (raw.destroyed) return;
    const source = raw.remoteAddress ?? "";
    const ticket = door.admit(source);
    if (typeof ticket === "string") {
      log.tell("connection-refused", ticket, source);
      raw.destroy();
      return;
    }
    const deadline = connectDeadline(pulse, knobs, () => {
      log.tell("connect-timeout", knobs.connectDeadline, source);
      raw.destroy();
    });
    raw.once("close", () => {
      deadline.met();
      ticket.released();
    });
    transport(raw, (stream, certificateName) => {
      const origin = { scheme, source, ...(certificateName !== undefined && { certificateName }) };
      pulse.act(() => receive(stream, origin, ticket, deadline));
    });
    raw.resume();
  };

  return {
    aedesVersion: "version" in aedes && typeof aedes.version === "string" ? aedes.version : "",

    accept(raw, scheme, transport) {
      raw.on("error", () => raw.destroy());
      sockets.add(raw);
      raw.once("close", () => sockets.delete(raw));
      pulse.act(() => letIn(raw, scheme, transport));
    },

    freeze() {
      const goOn = pulse.freeze();
      for (const stream of streams) stream.pause();
      return () => {
        goOn();
        if (pulse.isFrozen) return;
        for (const stream of streams) stream.resume();
      };
    },

    async end() {
      pulse.end();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        aedes.close(resolve);
      });
    },
  };
}

function turnAway(stream: Duplex, { rule, connack }: Flaw): void {
  // The DISCONNECT that came before closes it, and must be seen first: it is what withdraws the will.
  if (rule === "after-disconnect") return;
  if (connack === undefined) stream.destroy();
  else stream.end(Uint8Array.of(0x20, 0x02, 0x00, connack), () => stream.destroy());
}

function clientOf(stream: GatedStream | undefined): { readonly clientId?: string } {
  const clientId = stream?.principal?.clientId.slice(0, 64);
  return clientId === undefined ? {} : { clientId };
}
