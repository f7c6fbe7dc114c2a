import type { Ground } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { openProbe, type Probe, reset } from "#simulator/coap/probe.ts";
import { ownedHost } from "./owned-host.ts";
import { acknowledge, type Notified, observeQuestion, observeRaw, type RawObserver } from "./raw-observer.ts";
import { honestWaitMs } from "./serving.ts";

/** What somebody else does to an observation, and what its own observer does. */
const foreign = ["foreign reset", "guessed reset", "foreign cancellation", "foreign registration"] as const;
export const fateNames = [...foreign, "own cancellation", "own reset"] as const;
export type Fate = (typeof fateNames)[number];

/** Whether the observation must go on afterwards; otherwise it must end. */
export function mayGoOn(fate: Fate): boolean {
  return foreign.some((one) => one === fate);
}

/** How long an acknowledgement is held back, so that a forged answer comes first. */
export const holdsMs = 60;
/** Ids to guess, around the one that the attacker itself was just sent. */
export const guesses: readonly number[] = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5];

/** What strikes are prepared with. */
export interface Place {
  readonly bench: Bench;
  readonly at: LabAddress;
  readonly path: string;
  readonly period: number;
  /** Everything that was opened, to be closed in the end. */
  readonly stage: AsyncDisposableStack;
}

/** An observation to which something was done. */
export interface Struck {
  readonly fate: Fate;
  readonly observer: RawObserver;
  /** When it was done. */
  readonly atMs: number;
  /** False where it could not be done: no notification came, or the stranger got no answer. */
  readonly isDone: boolean;
}

/** Made ready; done when called. */
export type Strike = () => Promise<Struck>;

/** Registers an observer for every fate but the guessed reset, on addresses of their own. */
export function prepareStrikes(place: Place, ground: Pick<Ground, "resources">): Promise<readonly Strike[]> {
  return Promise.all([
    foreignReset(place, 1),
    foreignCancellation(place, 2),
    foreignRegistration(place, 3, ground),
    ownCancellation(place, 4),
    ownReset(place, 5),
  ]);
}

/** An honest observer on the n-th address. */
export async function take(
  { bench, at, path, stage }: Place,
  n: number,
  onNotification: (notified: Notified, probe: Probe) => void,
): Promise<RawObserver> {
  return stage.use(
    await observeRaw(bench, at, { path, onNotification, from: ownedHost(at, n), withinMs: honestWaitMs }),
  );
}

/** An observer that holds its acknowledgements back from the first notification on, until it is told to release them. */
async function takeHolding(place: Place, n: number): Promise<Holding> {
  const held: (() => void)[] = [];
  let isHolding = true;
  const observer = await take(place, n, (notified, probe) => {
    if (isHolding) held.push(() => acknowledge(notified, probe));
    else acknowledge(notified, probe);
  });
  const hold = () => {
    isHolding = true;
  };
  const release = () => {
    isHolding = false;
    for (const acknowledgeLate of held.splice(0)) acknowledgeLate();
  };
  return { observer, hold, release };
}

interface Holding {
  readonly observer: RawObserver;
  readonly hold: () => void;
  readonly release: () => void;
}

/** A socket on the victim's address with another port. */
async function stranger({ bench, at, stage }: Place, n: number): Promise<Probe> {
  return stage.use(await openProbe(bench, at, ownedHost(at, n)));
}

async function foreignReset(place: Place, n: number): Promise<Strike> {
  const { observer, release } = await takeHolding(place, n);
  const other = await stranger(place, n);
  return async () => {
    await observer.until(1, place.period);
    const newest = observer.notifications().at(-1);
    if (newest !== undefined) other.send(reset(newest.message));
    await place.bench.clock.sleep(holdsMs, place.bench.signal);
    release();
    return struck(place, "foreign reset", observer, newest !== undefined);
  };
}

/**
 * The attacker observes, too, and registers right after the victim, so that its ids are the next ones of a server that
 * counts. Where ids alone decide, a wrong guess may end the observation of anybody else: nobody may be judged by what
 * becomes of the others afterwards.
 */
export async function prepareGuess(place: Place): Promise<Strike> {
  const { observer, hold, release } = await takeHolding(place, 6);
  const attacker = await take(place, 7, acknowledge);
  release();
  return async () => {
    hold();
    await attacker.until(attacker.notifications().length + 1, place.period);
    const seen = attacker.notifications().at(-1)?.message.messageId;
    if (seen !== undefined) {
      for (const guess of guesses) observer.probe.send(reset({ messageId: (seen + guess) & 0xffff }));
    }
    await place.bench.clock.sleep(holdsMs, place.bench.signal);
    release();
    return struck(place, "guessed reset", observer, seen !== undefined);
  };
}

async function foreignCancellation(place: Place, n: number): Promise<Strike> {
  const observer = await take(place, n, acknowledge);
  const other = await stranger(place, n);
  return async () => {
    const question = { ...observeQuestion(place.path, 1), token: observer.token };
    const answer = await other.ask(question, honestWaitMs);
    return struck(place, "foreign cancellation", observer, answer !== undefined);
  };
}

/** For another resource first, and then for the same: a list that is kept by token takes one of them for the victim's. */
async function foreignRegistration(place: Place, n: number, { resources }: Pick<Ground, "resources">): Promise<Strike> {
  const observer = await take(place, n, acknowledge);
  const other = await stranger(place, n);
  return async () => {
    const paths = [...(resources?.open === undefined ? [] : [resources.open]), place.path];
    const answers: unknown[] = [];
    for (const path of paths) {
      answers.push(await other.ask({ ...observeQuestion(path, 0), token: observer.token }, honestWaitMs));
    }
    return struck(place, "foreign registration", observer, answers.at(-1) !== undefined);
  };
}

async function ownCancellation(place: Place, n: number): Promise<Strike> {
  const observer = await take(place, n, acknowledge);
  return async () => {
    const question = { ...observeQuestion(place.path, 1), token: observer.token };
    const since = observer.probe.heard.length;
    observer.probe.send(observer.probe.message(question));
    const answer = await observer.probe.hear(honestWaitMs, () => true, since);
    return struck(place, "own cancellation", observer, answer !== undefined);
  };
}

async function ownReset(place: Place, n: number): Promise<Strike> {
  const { observer } = await takeHolding(place, n);
  return async () => {
    await observer.until(1, place.period);
    const newest = observer.notifications().at(-1);
    if (newest !== undefined) observer.probe.send(reset(newest.message));
    return struck(place, "own reset", observer, newest !== undefined);
  };
}

function struck({ bench }: Place, fate: Fate, observer: RawObserver, isDone: boolean): Struck {
  return { fate, observer, atMs: bench.clock.nowMs(), isDone };
}
