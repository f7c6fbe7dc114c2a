import type { Bench, LabAddress, Scheme } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Identities } from "#contract/identity.ts";
import type { Claim, RunningTarget, TargetOrder } from "#contract/target.ts";
import { labIdentities } from "../accounts/lab-identities.ts";
import { freePort, freeUdpPort } from "../process/free-port.ts";
import { connectDocker, type Docker } from "./connect-docker.ts";
import { capabilitiesOf } from "./container-capabilities.ts";
import {
  archivesOf,
  createOptionsOf,
  foldersOf,
  hostConfigOf,
  openFilesLadder,
  type PublishedPort,
  transportOf,
} from "./container-options.ts";
import type { ContainerInside, ContainerRecipe, ContainerSetup } from "./container-recipe.ts";
import { wordsOf } from "./docker-failure.ts";
import { FixedPortContainer } from "./fixed-port-container.ts";
import { type LocalImage, localImage } from "./image.ts";
import { type Labels, labelsOf, type Onlooker, onlooker } from "./labels.ts";
import { LiveContainer } from "./live-container.ts";
import { reapAbandoned } from "./reap-containers.ts";
import { openPlace, type RunPlace } from "./run-place.ts";
import { ryukLabels } from "./ryuk.ts";
import { isLimitRefused, isPortClash, notStarted, portsTaken } from "./start-failure.ts";

const portTries = 5;
/**
 * Docker's forwarding of published ports takes six files a connection and ends, with every connection, when it has no
 * more; 20,000 files, a usual limit, were seen to last for 3,300 connections. Attacks need some, too.
 */
const mostClients = 3_000;
/** Ports of a Docker elsewhere, where nobody can look which are free. */
const elsewhere = { from: 20_000, below: 32_768 };

/** Who starts it, and for what. */
interface Start {
  readonly bench: Bench;
  readonly claim: Claim;
  readonly order: TargetOrder;
}

/** All that does not change from one try with other ports to the next. */
interface Launch extends Start {
  readonly recipe: ContainerRecipe;
  readonly docker: Docker;
  readonly image: string;
  readonly setup: ContainerSetup;
  readonly labels: Labels;
  readonly place: RunPlace;
  readonly identities: Identities;
}

/** A container that answers, and where. */
interface Launched {
  readonly live: LiveContainer;
  readonly main: LabAddress;
  readonly addresses: ReadonlyMap<Scheme, LabAddress>;
}

/**
 * Starts the system in a container whose ports are published on loopback alone. Throws a LabError that says what to do
 * next where there is no Docker, no image, or the container does not come up.
 */
export async function startContainer(recipe: ContainerRecipe, image: string, start: Start): Promise<RunningTarget> {
  const { bench, claim, order } = start;
  if (order.devices > mostClients) throw tooMany(recipe, order);
  const { signal, random, runId } = bench;
  const docker = await connectDocker(order.environment, claim);
  const by = onlooker();
  await sweep(docker, bench, by);
  const local = await localImage(docker, recipe, image, bench);
  const { posture, devices } = order;
  const identities = recipe.identities?.({ posture, devices, random }) ?? labIdentities(random, devices);
  const setup = await recipe.configure({ posture, devices, identities, random });
  signal.throwIfAborted();

  order.lease({ containersOf: runId, what: `container:${recipe.name}` });
  await using made = new AsyncDisposableStack();
  const labels = { ...labelsOf(runId, by), ...(await ryukLabels(docker, order.environment)) };
  const folders = recipe.readOnlyRoot ? foldersOf(setup.files) : [];
  const place = made.use(await placeFor(docker, labels, image, recipe, folders));
  const launch = { ...start, recipe, docker, image, setup, labels, place, identities };
  const { live, main, addresses } = await onFreePorts(launch);
  made.use(live);

  const { operator } = identities;
  const inside: ContainerInside = {
    bench,
    main,
    ...(operator && { operator }),
    exec: (command, as) => live.exec(command, as),
    get starts() {
      return live.starts;
    },
    logged: (kind) => live.log.tail.count(kind),
  };
  const product = await recipe.product(inside);
  const own = made.move();
  return {
    facts: factsOf(recipe, order, product, local),
    can: capabilitiesOf(live, docker, place, recipe.memoryBytes),
    identities,
    main,
    address: (scheme) => addresses.get(scheme),
    ...(recipe.resources && { resources: recipe.resources({ posture, identities }) }),
    ...(recipe.tally && { tally: () => tallyOf(recipe, inside) }),
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  };
}

function tooMany({ name }: ContainerRecipe, { devices }: TargetOrder): LabError {
  return new LabError(
    "E_LIMIT",
    `container:${name}: ${devices} devices and clients are more than the ${mostClients} that Docker's forwarding of ports carries`,
    "Make the fleets smaller, or take a broker that runs without a container: embedded, local:<program> or your own by URL.",
  );
}

function factsOf(
  { name, protocolLevels }: ContainerRecipe,
  { posture, knobs }: TargetOrder,
  product: string,
  image: LocalImage,
): RunningTarget["facts"] {
  // The server is the shipped product, but devices and network are not: `physical` would promise too much.
  const levels = protocolLevels && { protocolLevels };
  return { id: `container:${name}`, product, fidelity: "emulated", posture, knobs, ...levels, image };
}

async function tallyOf(recipe: ContainerRecipe, inside: ContainerInside) {
  if (recipe.tally === undefined) throw new Error(`${recipe.name} counts nothing`);
  return recipe.tally(inside);
}

/** Removes what killed runs left on this machine. That it cannot is no reason not to start. */
async function sweep({ dockerode, publishOn }: Docker, { observe }: Bench, by: Onlooker): Promise<void> {
  if (publishOn !== "127.0.0.1") return;
  try {
    const removed = await reapAbandoned(dockerode, by);
    if (removed.length > 0) observe.note("reaped", { removed });
  } catch (cause) {
    observe.note("not-reaped", { because: wordsOf(cause) });
  }
}

async function placeFor(
  docker: Docker,
  labels: Labels,
  image: string,
  { name, disk }: ContainerRecipe,
  folders: readonly string[],
): Promise<RunPlace> {
  try {
    return await openPlace(docker, labels, image, disk, folders);
  } catch (cause) {
    throw notStarted(`container:${name}`, image, cause);
  }
}

/** Tries other ports where somebody was faster, and lower limits where Docker may not give more. */
async function onFreePorts(launch: Launch): Promise<Launched> {
  const target = `container:${launch.recipe.name}`;
  let [openFiles, ...lower] = openFilesLadder;
  for (let clashes = 0; ; ) {
    try {
      const launched = await launchOnce(launch, await chosenPorts(launch), openFiles);
      if (openFiles !== openFilesLadder[0])
        launch.bench.observe.note("open-files.limited", { openFiles: openFiles ?? null });
      return launched;
    } catch (cause) {
      if (cause instanceof LabError || launch.bench.signal.aborted) throw cause;
      if (isLimitRefused(cause) && lower.length > 0) [openFiles, ...lower] = lower;
      else if (!isPortClash(cause)) throw notStarted(target, launch.image, cause);
      else if ((clashes += 1) === portTries) throw portsTaken(target, portTries, cause);
    }
  }
}

async function chosenPorts({ recipe, docker, bench }: Launch): Promise<readonly PublishedPort[]> {
  const ports: PublishedPort[] = [];
  const isHere = docker.publishOn === "127.0.0.1";
  for (const { port: inside, scheme } of recipe.listeners) {
    const transport = transportOf(scheme);
    const free = transport === "udp" ? freeUdpPort : freePort;
    const outside = isHere ? await free() : bench.random.integer(elsewhere.from, elsewhere.below);
    ports.push({ inside, outside, transport });
  }
  return ports;
}

async function launchOnce(
  launch: Launch,
  ports: readonly PublishedPort[],
  openFiles: number | undefined,
): Promise<Launched> {
  const { recipe, docker, image, setup, labels, place, bench, identities } = launch;
  const addresses = await claimed(launch, ports);
  const [main] = addresses.values();
  if (main === undefined) throw new Error(`${recipe.name} has no listener`);

  await using failed = new AsyncDisposableStack();
  const created = Promise.withResolvers<LiveContainer>();
  const container = new FixedPortContainer({
    name: `${place.name}-${recipe.name}`,
    image,
    labels,
    networkId: place.network.id,
    hostConfig: hostConfigOf(recipe, setup, ports, docker.publishOn, place.volumes, openFiles),
    create: createOptionsOf(setup, ports),
    archives: archivesOf(setup, recipe.readOnlyRoot ?? false),
    onCreated: async (id) => {
      const live = failed.use(
        new LiveContainer(bench, docker, id, {
          recipe,
          image,
          listeners: [...addresses.values()],
          prepare: async () => recipe.prepare?.({ bench, main, identities }),
        }),
      );
      await live.watch();
      created.resolve(live);
    },
  });
  const starting = container.start();
  // It waits up to ten seconds for the ports of a container that has ended; once that is removed, it gives up at once.
  failed.defer(() => starting.then(ignore, ignore));
  const live = await Promise.race([created.promise, starting.then(() => created.promise)]);
  await Promise.race([starting, live.ended, abortOf(bench.signal)]);
  await live.firstReady();
  failed.move();
  return { live, main, addresses };
}

async function claimed({ recipe, docker, claim }: Launch, ports: readonly PublishedPort[]) {
  const addresses = new Map<Scheme, LabAddress>();
  for (const [at, { scheme, path }] of recipe.listeners.entries()) {
    const port = ports[at]?.outside ?? 0;
    addresses.set(scheme, await claim({ scheme, host: docker.publishOn, port, ...(path !== undefined && { path }) }));
  }
  return addresses;
}

function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function ignore(): void {}
