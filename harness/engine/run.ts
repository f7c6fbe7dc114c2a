import type { Ground } from "#contract/attack.ts";
import type { LabAddress, Scheme } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { RunningFleet } from "#contract/fleet.ts";
import type { DeviceIdentity, Identities } from "#contract/identity.ts";
import type { ActorId } from "#contract/observation.ts";
import type { Scenario, Stage } from "#contract/scenario.ts";
import type { Capabilities, Protocol, RunningTarget } from "#contract/target.ts";
import { applyLoad } from "./apply-load.ts";
import { runAttack } from "./beats.ts";
import { runDisruption } from "./disrupt.ts";
import { type Bencher, bencher, type Lab } from "./lab.ts";
import { type Links, openLinks } from "./links.ts";
import { Recorder } from "./recorder.ts";

/** Time that fleets get to come up before the first stage. */
const settleMs = 15_000;

/** What every stage of a run shares. */
interface Running {
  readonly lab: Lab;
  readonly benchFor: Bencher;
  readonly groundFor: (protocol: Protocol) => Ground;
  readonly running: RunningTarget;
  /** Identities that no fleet uses. */
  readonly spare: readonly DeviceIdentity[];
  readonly can: Capabilities;
  readonly fleets: readonly RunningFleet[];
  /** Gives each use of a unit an actor of its own: the second is `#2`. */
  readonly actorOf: (id: ActorId) => ActorId;
  /** Watches of disruptions that go on after their stage. */
  readonly watches: Promise<void>[];
  /** Aborts after the last stage. */
  readonly untilEnd: AbortSignal;
}

/**
 * Starts the target and the fleets, runs the stages in order, and disposes of everything, whatever happens.
 * Throws a LabError where the lab breaks or the user ends the run; the history up to then has been journalled.
 */
export async function run(scenario: Scenario, lab: Lab): Promise<void> {
  const recorder = new Recorder(lab.clock, lab.journal);
  const benchFor = bencher(lab, recorder);
  const { target } = scenario;
  const ended = new AbortController();
  const untilEnd = AbortSignal.any([lab.signal, ended.signal]);
  const count = scenario.fleets.reduce((sum, { size }) => sum + size, 0);
  const clients = Math.max(0, ...scenario.stages.map(clientsOf));

  const targetBench = benchFor(`target:${target.id}`, untilEnd);
  await using running = await target.start(targetBench, lab.claim, {
    posture: scenario.posture,
    knobs: scenario.knobs,
    devices: count + clients,
    lease: lab.lease,
    environment: lab.environment,
  });
  targetBench.observe.note("started", { ...running.facts });
  lab.onTarget(running.facts);

  await using links = await openLinks(addressesOf(scenario, running), lab, benchFor("lab:link", untilEnd));
  await using fleets = new AsyncDisposableStack();
  const started = await startFleets(scenario, running, links, benchFor, untilEnd, fleets);
  stopIfInterrupted(lab);

  const shared: Running = {
    lab,
    benchFor,
    groundFor: (protocol) => groundOf(running, protocol),
    running,
    spare: running.identities.devices.slice(count),
    can: { ...running.can, ...links.can },
    fleets: started,
    actorOf: actorCounter(),
    watches: [],
    untilEnd,
  };
  await noteSettled(shared, settleMs);
  const engine = benchFor("lab:engine", untilEnd);
  for (const stage of scenario.stages) {
    await engine.observe.attempt("stage", { stage: stage.name }, () => runStage(stage, shared));
    stopIfInterrupted(lab);
  }
  ended.abort();
  await Promise.all(shared.watches);
}

function stopIfInterrupted({ signal }: Lab): void {
  if (!signal.aborted) return;
  const { reason } = signal;
  if (reason instanceof LabError) throw reason;
  throw new LabError("E_INTERRUPTED", "the run was ended before it came to its end", "Run it again for a verdict.");
}

async function runStage(stage: Stage, shared: Running): Promise<void> {
  const { lab, benchFor, actorOf, groundFor, can } = shared;
  const over = new AbortController();
  const signal = AbortSignal.any([lab.signal, over.signal]);
  if (stage.disruptions.some(({ disruption }) => disruption.severs)) await noteSettled(shared, 3_000);

  const loads = startLoads(stage, signal, shared);
  const { afterMs = 0 } = stage;
  if (afterMs > 0) await lab.clock.sleep(afterMs, signal);
  const disruptions = stage.disruptions.map(async (planned) => {
    const bench = benchFor(actorOf(`disruption:${planned.disruption.id}`), signal);
    const isBackAgain = (ms: number) => isBack(shared, ms, "afresh");
    const { watched } = await runDisruption(planned, bench, can, isBackAgain, shared.untilEnd);
    if (stage.lastsMs === undefined) await watched;
    else shared.watches.push(watched);
  });
  const attack = (planned: Stage["attacks"][number]) =>
    runAttack(planned, actorOf(`attack:${planned.attack.id}`), groundFor(planned.attack.speaks), benchFor, {
      stage: signal,
      run: lab.signal,
    });
  const attacks = Promise.all(
    stage.together ? stage.attacks.map(attack) : [...inTurns(stage.attacks)].map((turn) => oneByOne(turn, attack)),
  );

  if (stage.lastsMs !== undefined) {
    await lab.clock.sleep(stage.lastsMs - afterMs, lab.signal);
    over.abort();
  }
  // Nothing may outlive its stage, so a failure of one waits for the others before it is passed on.
  const settled = await Promise.allSettled([attacks, ...disruptions, ...loads]);
  const failure = settled.find((each) => each.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

/**
 * Attacks of one protocol follow each other. Those of another meet other listeners, and those on the device under test meet
 * none, so they need not wait for these.
 */
function inTurns(attacks: Stage["attacks"]): Iterable<Stage["attacks"]> {
  return Map.groupBy(attacks, ({ attack: { speaks, alsoSpeaks = [], needsCaller } }) =>
    needsCaller ? "the device under test" : [speaks, ...alsoSpeaks].toSorted().join("+"),
  ).values();
}

function oneByOne(
  attacks: Stage["attacks"],
  launch: (planned: Stage["attacks"][number]) => Promise<void>,
): Promise<void> {
  return attacks.reduce((before, planned) => before.then(() => launch(planned)), Promise.resolve());
}

/** Clients that the loads of a stage need together; those of another stage take the same identities again. */
export function clientsOf({ loads = [] }: Pick<Stage, "loads">): number {
  return loads.reduce((sum, { load, parameters }) => sum + load.clients(parameters), 0);
}

function startLoads({ loads = [] }: Stage, signal: AbortSignal, shared: Running): readonly Promise<void>[] {
  const { lab, benchFor, actorOf, running, spare } = shared;
  let taken = 0;
  return loads.map((planned) => {
    const bench = benchFor(actorOf(`load:${planned.load.id}`), signal);
    const identities = spare.slice(taken);
    taken += planned.load.clients(planned.parameters);
    return applyLoad(planned, bench, { running, identities }, lab);
  });
}

/** Whether all fleets are connected within that time; a run without fleets watches for all of it. */
async function isBack({ fleets, lab, untilEnd }: Running, withinMs: number, how?: "afresh"): Promise<boolean> {
  if (fleets.length === 0) await lab.clock.sleep(withinMs, untilEnd);
  const settled = await Promise.all(fleets.map((fleet) => fleet.settled(withinMs, how)));
  return settled.every(Boolean);
}

async function noteSettled(shared: Running, withinMs: number): Promise<void> {
  const { fleets, benchFor, untilEnd } = shared;
  if (fleets.length === 0) return;
  const settled = await isBack(shared, withinMs);
  benchFor("lab:engine", untilEnd).observe.note("fleet.settled", { settled, fleets: fleets.length });
}

async function startFleets(
  scenario: Scenario,
  running: RunningTarget,
  links: Links,
  benchFor: Bencher,
  signal: AbortSignal,
  stack: AsyncDisposableStack,
): Promise<readonly RunningFleet[]> {
  const listeners = listenersOf(running).map(links.through);
  const actorOf = actorCounter();
  let taken = 0;
  const starting = scenario.fleets.map((fleet) => {
    const { devices, witness: reader, operator } = identitiesOf(running, fleet.device.speaks);
    const witness = reader ?? operator;
    const own = devices.slice(taken, taken + fleet.size);
    taken += fleet.size;
    const bench = benchFor(actorOf(`device:${fleet.device.id}`), signal);
    const [beyond] = fleet.device.alsoSpeaks ?? [];
    const field = beyond && identitiesOf(running, beyond).operator;
    return fleet.start(bench, {
      at: links.through(mainOf(running, fleet.device.speaks)),
      listeners,
      identities: own,
      ...(witness && { witness }),
      ...(field && { field }),
    });
  });
  const settled = await Promise.allSettled(starting);
  for (const each of settled) if (each.status === "fulfilled") stack.use(each.value);
  const failure = settled.find((each) => each.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}

const schemes: { readonly [protocol in Protocol]: readonly Scheme[] } = {
  mqtt: ["mqtt", "mqtts", "ws", "wss"],
  coap: ["coap", "coaps", "coap+tcp"],
};

/** The address that units of this protocol use; the target's main one where it is of another protocol only. */
export function mainOf({ main, address }: Pick<RunningTarget, "main" | "address">, protocol: Protocol): LabAddress {
  const own = schemes[protocol];
  if (own.includes(main.scheme)) return main;
  return own.map((scheme) => address(scheme)).find((each) => each !== undefined) ?? main;
}

/** The addresses that need a link: those of the fleets, where a disruption of the plan works on their links. */
function addressesOf({ stages, fleets }: Scenario, running: RunningTarget): readonly LabAddress[] {
  const isWanted = stages.some(({ disruptions }) =>
    disruptions.some(({ disruption: { needs } }) => needs.includes("cutLink") || needs.includes("slowLink")),
  );
  if (!isWanted) return [];
  if (fleets.length === 0) return [running.main];
  const protocols = new Set(fleets.flatMap(({ device }) => [device.speaks, ...(device.alsoSpeaks ?? [])]));
  const mains = [...protocols].map((protocol) => mainOf(running, protocol));
  // A CoAP fleet chooses between plain and secure by itself; the others take the main address.
  return protocols.has("coap") ? [...new Set([...mains, ...addressesIn(running, schemes.coap)])] : mains;
}

function addressesIn(running: RunningTarget, among: readonly Scheme[]): readonly LabAddress[] {
  return among.flatMap((scheme) => running.address(scheme) ?? []);
}

function identitiesOf(running: RunningTarget, protocol: Protocol): Identities {
  return running.identitiesFor?.(protocol) ?? running.identities;
}

function listenersOf(running: RunningTarget): readonly LabAddress[] {
  return addressesIn(running, [...schemes.mqtt, ...schemes.coap]);
}

function groundOf(running: RunningTarget, protocol: Protocol): Ground {
  const { facts, resources, caller, can } = running;
  return {
    at: mainOf(running, protocol),
    listeners: listenersOf(running),
    identities: identitiesOf(running, protocol),
    identitiesFor: (other) => identitiesOf(running, other),
    facts,
    ...(resources && { resources }),
    ...(caller && { caller }),
    ...(can.restart && { revive: () => can.restart?.(0) ?? Promise.resolve() }),
  };
}

function actorCounter(): (id: ActorId) => ActorId {
  const used = new Map<ActorId, number>();
  return (id) => {
    const times = (used.get(id) ?? 0) + 1;
    used.set(id, times);
    return times === 1 ? id : `${id}#${times}`;
  };
}
