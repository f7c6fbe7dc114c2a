import type { Bench } from "#contract/bench.ts";
import type { Caller, Calling, CallOrder } from "#contract/coap.ts";
import { LabError } from "#contract/errors.ts";
import type { Identity } from "#contract/identity.ts";
import { CallerExchange } from "./caller-exchange.ts";
import { type CallerLink, CallerLinks, type LinkOrder } from "./caller-link.ts";
import { work } from "./caller-work.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";

/** Pause before DTLS is tried again. */
const againMs = 5_000;

/** A device that calls servers: the one under test where an attack plays the server. */
export function simulatedCaller(
  bench: Bench,
  { knobs, as: own }: { readonly knobs: DeviceServerKnobs; readonly as: Identity | undefined },
): Caller {
  const links = new CallerLinks(bench, knobs);
  return {
    product: "simulated",
    async call(order: CallOrder): Promise<Calling> {
      const over = new AbortController();
      const signal = AbortSignal.any([over.signal, bench.signal]);
      const taken: string[] = [];
      bench.observe.note("caller.calls", { does: order.does, path: order.path, scheme: order.at.scheme });
      const link = linkOrderOf(order, own);
      // A socket that cannot be opened is the lab's fault, and known at once; a server that does not prove itself is not.
      const first = link.secret === undefined ? await links.open(link, signal) : undefined;
      const take = (payload: string) => void taken.push(payload);
      const calling = callUntil(signal, first, {
        open: () => links.open(link, signal),
        pause: () => bench.clock.sleep(againMs, signal),
        work(opened) {
          const exchange = new CallerExchange(opened, bench, knobs, signal);
          const { isSession } = opened;
          return work(order.does, { bench, exchange, rules: knobs, path: order.path, isSession, signal, take });
        },
      });
      return {
        taken: () => [...taken],
        async [Symbol.asyncDispose]() {
          over.abort();
          await calling;
        },
      };
    },
  };
}

/** The steps of a call. */
interface Steps {
  open(): Promise<CallerLink>;
  work(link: CallerLink): Promise<void>;
  pause(): Promise<void>;
}

/** Opens a link, again and again where it fails, and works on it until the signal aborts. */
async function callUntil(signal: AbortSignal, first: CallerLink | undefined, steps: Steps): Promise<void> {
  let link = first;
  while (!signal.aborted) {
    link ??= await steps.open().catch(() => undefined);
    if (signal.aborted) break;
    if (link === undefined) {
      await steps.pause();
      continue;
    }
    await steps.work(link);
    await link.port.close();
    link = undefined;
  }
  await link?.port.close();
}

function linkOrderOf({ at, as }: CallOrder, own: Identity | undefined): LinkOrder {
  const to = { host: at.host, port: at.port };
  if (at.scheme === "coap") return { to, secret: undefined };
  if (at.scheme !== "coaps") {
    throw new LabError(
      "E_CAPABILITY_MISSING",
      `the simulated device does not call by ${at.scheme}`,
      "Use coap or coaps.",
    );
  }
  const identity = as ?? own;
  return {
    to,
    secret: {
      identity: identity?.username ?? identity?.clientId ?? "",
      key: Buffer.from(identity?.password ?? ""),
    },
  };
}
