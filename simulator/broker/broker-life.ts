import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Aedes } from "aedes";
import type { Bench } from "#contract/bench.ts";
import type { Accounts } from "./accounts.ts";
import type { BrokerKnobs } from "./broker-knobs.ts";
import { brokerPolicy } from "./broker-policy.ts";
import { type ConnectDeadline, connectDeadline } from "./connect-deadline.ts";
import { doorkeeper, type Ticket } from "./doorkeeper.ts";
import type { EventLog } from "./event-log.ts";
import { GatedStream, type Origin } from "./gated-stream.ts";
import type { Flaw } from "./malformed.ts";
import { packetGate } from "./packet-gate.ts";
import type { Transport } from "./transports.ts";

/** All that a broker keeps in memory from one start to the next end: connections, sessions, retained messages, counters. */
export interface BrokerLife {
  readonly aedesVersion: string;
  accept(raw: Socket, scheme: Origin["scheme"], transport: Transport): void;
  /** Closes every connection at once, as the end of a process does: no will is sent and no DISCONNECT. */
  end(): Promise<void>;
}

/** @param crashed called where a `fragile` broker met a packet that brings it down. */
export async function beginLife(
  { clock, random }: Pick<Bench, "clock" | "random">,
  knobs: BrokerKnobs,
  accounts: Accounts,
  log: EventLog,
  crashed: () => void,
): Promise<BrokerLife> {
  const aedes = await Aedes.createBroker({
    id: `seatrial-${random.hex(4)}`,
    // The gate holds the deadline, and hands a connection over together with its whole CONNECT.
    connectTimeout: 0x7fff_ffff,
    // Waits without end where it may stall; where it may not, the stream never makes it wait.
    drainTimeout: 0,
    ...brokerPolicy(clock, knobs, accounts, log),
  });
  const emitter: EventEmitter = aedes;
  emitter.on("error", (error: unknown) =>
    log.tell("internal-error", error instanceof Error ? error.name : "error", ""),
  );
  const door = doorkeeper(clock, knobs);
  const sockets = new Set<Socket>();

  const receive = (stream: Duplex, origin: Origin, ticket: Ticket, deadline: ConnectDeadline) => {
    const gate = packetGate(knobs);
    let gated: GatedStream | undefined;
    const open = () => {
      deadline.met();
      ticket.connected();
      const onSlow = () => log.tell("slow-consumer", "does-not-read", origin.source, clientOf(opened));
      const opened = new GatedStream(stream, origin, { stalls: knobs.slowConsumer === "stall", onSlow });
      aedes.handle(opened);
      return opened;
    };
    stream.on("error", () => stream.destroy());
    stream.on("data", (chunk: Buffer) => {
      deadline.heard();
      const { pass, flaw } = gate.feed(chunk);
      if (pass !== undefined) {
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

  return {
    aedesVersion: "version" in aedes && typeof aedes.version === "string" ? aedes.version : "",

    accept(raw, scheme, transport) {
      raw.on("error", () => raw.destroy());
      const source = raw.remoteAddress ?? "";
      const ticket = door.admit(source);
      if (typeof ticket === "string") {
        log.tell("connection-refused", ticket, source);
        raw.destroy();
        return;
      }
      sockets.add(raw);
      const deadline = connectDeadline(knobs, () => {
        log.tell("connect-timeout", knobs.connectDeadline, source);
        raw.destroy();
      });
      raw.once("close", () => {
        sockets.delete(raw);
        deadline.met();
        ticket.released();
      });
      transport(raw, (stream, certificateName) => {
        receive(
          stream,
          { scheme, source, ...(certificateName !== undefined && { certificateName }) },
          ticket,
          deadline,
        );
      });
    },

    async end() {
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
