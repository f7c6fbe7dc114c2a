import type { Bench, LabAddress } from "#contract/bench.ts";
import type { WireReference } from "#contract/observation.ts";
import { isResponse, isSuccess } from "#simulator/coap/code.ts";
import { observeField } from "#simulator/coap/fields.ts";
import { type Heard, openProbe, type Probe } from "#simulator/coap/probe.ts";
import { ownedHost } from "./owned-host.ts";
import { observeQuestion } from "./raw-observer.ts";

/** Registrations of peers that never acknowledge anything. Disposing ends them. */
export interface ObserverCrowd extends AsyncDisposable {
  /** How many registrations were sent. */
  readonly asked: number;
  readonly counts: () => {
    /** How many were answered with Observe: on the list, if the server keeps its word. */
    readonly listed: number;
    /** How many were notified since they were answered, which shows that they are on the list. */
    readonly notified: number;
  };
  readonly reference: WireReference | undefined;
}

export interface CrowdOptions {
  readonly path: string;
  /** Sockets, each on an address of its own where there are such; the first has this number, see owned-host.ts. */
  readonly sockets: number;
  readonly first: number;
  /** Registrations of each socket. */
  readonly tokens: number;
  readonly perSecond: number;
}

/** Registers the whole crowd, one after the other. */
export async function openObserverCrowd(bench: Bench, at: LabAddress, options: CrowdOptions): Promise<ObserverCrowd> {
  const { path, sockets, first, tokens, perSecond } = options;
  const probes: Probe[] = [];
  const beganMs = bench.clock.nowMs();
  let asked = 0;
  for (let n = 0; n < sockets && !bench.signal.aborted; n += 1) {
    const probe = await openProbe(bench, at, ownedHost(at, first + n));
    probes.push(probe);
    for (let token = 0; token < tokens && !bench.signal.aborted; token += 1) {
      const dueMs = beganMs + (asked * 1_000) / perSecond;
      if (dueMs > bench.clock.nowMs()) await bench.clock.sleep(dueMs - bench.clock.nowMs(), bench.signal);
      probe.send(probe.message({ ...observeQuestion(path, 0), token: tokenOf(asked) }));
      asked += 1;
    }
  }
  const answers = () => probes.flatMap(({ heard }) => [...answersByToken(heard).values()]);
  return {
    asked,
    reference: probes[0]?.reference,
    counts: () => {
      const all = answers();
      return {
        listed: all.filter(({ isListed }) => isListed).length,
        notified: all.filter(({ ids }) => ids.size > 1).length,
      };
    },
    async [Symbol.asyncDispose]() {
      for (let n = 0; n < asked; n += 1) {
        const probe = probes[Math.floor(n / tokens)];
        probe?.send(probe.message({ ...observeQuestion(path, 1), token: tokenOf(n) }));
      }
      await Promise.all(probes.map((probe) => probe[Symbol.asyncDispose]()));
    },
  };
}

/** One for each registration of the crowd, so that none takes the place of another anywhere. */
function tokenOf(n: number): Buffer {
  return Buffer.of(0x5e, n >> 8, n & 0xff);
}

/** What came for one registration. */
interface Answered {
  readonly isListed: boolean;
  /** Message ids of its responses; more than one where it was notified. */
  readonly ids: Set<number>;
}

function answersByToken(heard: readonly Heard[]): ReadonlyMap<string, Answered> {
  const byToken = new Map<string, Answered>();
  for (const { message } of heard) {
    if (message === undefined || !isResponse(message.code)) continue;
    const token = Buffer.from(message.token).toString("hex");
    const known = byToken.get(token);
    if (known !== undefined) known.ids.add(message.messageId);
    else {
      const isListed = isSuccess(message.code) && observeField(message.options) !== undefined;
      byToken.set(token, { isListed, ids: new Set([message.messageId]) });
    }
  }
  return byToken;
}
