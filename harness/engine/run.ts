import type { Ground } from "#contract/attack.ts";
import type { LabAddress, Scheme } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { RunningFleet } from "#contract/fleet.ts";
import type { DeviceIdentity } from "#contract/identity.ts";
import type { ActorId } from "#contract/observation.ts";
import type { Scenario, Stage } from "#contract/scenario.ts";
import type { Capabilities, Protocol, RunningTarget } from "#contract/target.ts";
import { applyLoad } from "./apply-load.ts";
import { runAttack } from "./beats.ts";
import { runDisruption } from "./disrupt.ts";
import { type Bencher, bencher, type Lab, type Link } from "./lab.ts";
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

  await using link = await linkFor(scenario, running, lab, benchFor, untilEnd);
  await using fleets = new AsyncDisposableStack();
  const started = await startFleets(scenario, running, link, lab, benchFor, untilEnd, fleets);
  stopIfInterrupted(lab);

  const shared: Running = {
    lab,
    benchFor,
    groundFor: (protocol) => groundOf(running, protocol),
    running,
    spare: running.identities.devices.slice(count),
    can: { ...running.can, ...link?.can },
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
    const { watched } = await runDisruption(planned, bench, can, (ms) => isBack(shared, ms), shared.untilEnd);
    if (stage.lastsMs === undefined) await watched;
    else shared.watches.push(watched);
  });
  const attack = (planned: Stage["attacks"][number]) =>
    runAttack(planned, actorOf(`attack:${planned.attack.id}`), groundFor(planned.attack.speaks), benchFor, {
      stage: signal,
      run: lab.signal,
    });
  const attacks = stage.together
    ? Promise.all(stage.attacks.map(attack))
    : stage.attacks.reduce((before, planned) => before.then(() => attack(planned)), Promise.resolve());

  if (stage.lastsMs !== undefined) {
    await lab.clock.sleep(stage.lastsMs - afterMs, lab.signal);
    over.abort();
  }
  // Nothing may outlive its stage, so a failure of one waits for the others before it is passed on.
  const settled = await Promise.allSettled([attacks, ...disruptions, ...loads]);
  const failure = settled.find((each) => each.status === "rejected");
  if (failure !== undefined) throw failure.reason;
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
async function isBack({ fleets, lab, untilEnd }: Running, withinMs: number): Promise<boolean> {
  if (fleets.length === 0) await lab.clock.sleep(withinMs, untilEnd);
  const settled = await Promise.all(fleets.map((fleet) => fleet.settled(withinMs)));
  return settled.every(Boolean);
}

async function noteSettled(shared: Running, withinMs: number): Promise<void> {
  const { fleets, benchFor, untilEnd } = shared;
  if (fleets.length === 0) return;
  const settled = await isBack(shared, withinMs);
  benchFor("lab:engine", untilEnd).observe.note("fleet.settled", { settled, fleets: fleets.length });
}

/** A link is only put in where a disruption of the plan works on it: it costs every byte of the fleet a second copy. */
async function linkFor(
  { stages }: Scenario,
  running: RunningTarget,
  lab: Lab,
  benchFor: Bencher,
  signal: AbortSignal,
): Promise<Link | undefined> {
  const wanted = stages.some(({ disruptions }) =>
    disruptions.some(({ disruption: { needs } }) => needs.includes("cutLink") || needs.includes("slowLink")),
  );
  return wanted ? lab.openLink(benchFor("lab:link", signal), running.main) : undefined;
}

async function startFleets(
  scenario: Scenario,
  { main, identities }: RunningTarget,
  link: Link | undefined,
  lab: Lab,
  benchFor: Bencher,
  signal: AbortSignal,
  stack: AsyncDisposableStack,
): Promise<readonly RunningFleet[]> {
  const at = link === undefined ? main : await throughLink(link, main, lab);
  const actorOf = actorCounter();
  const witness = identities.witness ?? identities.operator;
  let taken = 0;
  const starting = scenario.fleets.map((fleet) => {
    const own = identities.devices.slice(taken, taken + fleet.size);
    taken += fleet.size;
    const bench = benchFor(actorOf(`device:${fleet.device.id}`), signal);
    return fleet.start(bench, {
      at,
      identities: own,
      ...(witness && { witness }),
    });
  });
  const settled = await Promise.allSettled(starting);
  for (const each of settled) if (each.status === "fulfilled") stack.use(each.value);
  const failure = settled.find((each) => each.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}

function throughLink({ host, port }: Link, main: LabAddress, lab: Lab): Promise<LabAddress> {
  const { scheme, ca, path, serverName = main.host } = main;
  return lab.claim({
    scheme,
    host,
    port,
    serverName,
    ...(ca !== undefined && { ca }),
    ...(path !== undefined && { path }),
  });
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

function listenersOf(running: RunningTarget): readonly LabAddress[] {
  return [...schemes.mqtt, ...schemes.coap].flatMap((scheme) => running.address(scheme) ?? []);
}

function groundOf(running: RunningTarget, protocol: Protocol): Ground {
  const { identities, facts, resources, caller } = running;
  return {
    at: mainOf(running, protocol),
    listeners: listenersOf(running),
    identities,
    facts,
    ...(resources && { resources }),
    ...(caller && { caller }),
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
