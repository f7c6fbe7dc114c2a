import type { Socket } from "node:net";
import type { Clock } from "#contract/bench.ts";
import { type DelayMs, Lane } from "./lane.ts";

/** What became of a relayed connection. */
export interface RelayEnd {
  /** The target did not accept the connection. */
  readonly unreachable: boolean;
  readonly toTargetBytes: number;
  readonly fromTargetBytes: number;
}

/**
 * Joins a client's connection with one to the target: bytes, half-closed streams and resets of one side come out at the
 * other, delayed as the link says.
 */
export class Relay {
  /** Resolves when both connections are gone; never rejects. */
  readonly ended: Promise<RelayEnd>;
  readonly #sides: readonly [Socket, Socket];
  readonly #lanes: readonly [Lane, Lane];

  constructor(client: Socket, target: Socket, clock: Clock, delayMs: DelayMs) {
    this.#sides = [client, target];
    const toTarget = new Lane(client, target, clock, delayMs);
    const toClient = new Lane(target, client, clock, delayMs);
    this.#lanes = [toTarget, toClient];
    this.#join(client, toTarget);
    this.#join(target, toClient);
    let unreachable = false;
    const refuse = () => {
      unreachable = true;
    };
    target.once("error", refuse);
    target.once("connect", () => target.off("error", refuse));
    this.ended = Promise.all([gone(client), gone(target)]).then(() => ({
      unreachable,
      toTargetBytes: toTarget.carriedBytes,
      fromTargetBytes: toClient.carriedBytes,
    }));
  }

  /** Ends both connections with RST, and drops what is under way. */
  reset(): void {
    for (const lane of this.#lanes) lane.stop();
    for (const socket of this.#sides) resetNow(socket);
  }

  #join(from: Socket, lane: Lane): void {
    from.on("data", (bytes: Uint8Array) => lane.take(bytes));
    from.once("end", () => lane.take("end"));
    // A reset, or a target that cannot be reached: the other side gets a reset, too.
    from.on("error", () => this.reset());
    from.once("close", (hadError) => {
      if (!hadError) lane.take("close");
    });
  }
}

/** Ends a socket at once, whatever it has still to write: with RST, unless its own end was on the way already. */
export function resetNow(socket: Socket): void {
  // Node's reset waits until all is written, or until a connecting socket is connected, unless it is destroyed as well.
  // While a FIN is on its way libuv refuses to reset, and the socket would never close.
  if (!socket.connecting && !socket.writableEnded) socket.resetAndDestroy();
  socket.destroy();
}

function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
  });
}
