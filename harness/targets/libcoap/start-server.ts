import type { Bench, LabAddress, Scheme } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Claim, TargetOrder } from "#contract/target.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { freePortPair } from "../process/free-port-pair.ts";
import { LocalProgram, PortClash } from "../process/local-program.ts";
import type { Write } from "../process/secret-files.ts";
import { askCoapGroup } from "../reach/ask-coap-group.ts";
import { unkept } from "../reach/unkept-wire.ts";
import { whyNoAnswer } from "../reach/why-no-answer.ts";
import { libcoapLogKinds } from "./log-kinds.ts";
import type { LibcoapProgram } from "./program.ts";
import { putResource } from "./put-resource.ts";
import type { Seed } from "./seeds.ts";

const portTries = 5;
/** "All CoAP Nodes" (RFC 7252 §12.8). */
const allCoapNodes = "224.0.1.187";

/** What a server of libcoap is started as. */
export interface ServerPlan {
  readonly target: string;
  readonly program: LibcoapProgram;
  readonly isSecure: boolean;
  readonly order: Pick<TargetOrder, "lease">;
  /** The words of its command line, for this port. */
  readonly words: (port: number, write: Write) => readonly string[];
  readonly seeds: readonly Seed[];
  /** The words for a second process that is a member of this group; none where absent. */
  readonly group?: (group: string, port: number) => readonly string[];
}

/** Processes that answer, and where. */
export interface StartedServer {
  readonly programs: readonly LocalProgram[];
  readonly main: LabAddress;
  readonly addresses: ReadonlyMap<Scheme, LabAddress>;
  readonly group?: { readonly host: string; readonly port: number };
}

/** Starts a server on a port that is free, with the one above it where it speaks DTLS. Throws E_TARGET_START. */
export async function startServer(bench: Bench, claim: Claim, plan: ServerPlan): Promise<StartedServer> {
  for (let tries = 0; tries < portTries; tries += 1) {
    const port = await freePortPair();
    const addresses = await claimAll(claim, port, plan.isSecure);
    const main = addresses.get("coap");
    if (main === undefined) throw new Error("no plain address was claimed");
    await using made = new AsyncDisposableStack();
    try {
      const programs = [made.use(serverOn(bench, plan, addresses, main))];
      const group = plan.group && { host: allCoapNodes, port };
      if (plan.group && group) programs.push(made.use(memberOf(bench, plan, group, plan.group)));
      for (const program of programs) await program.start();
      made.move();
      return { programs, main, addresses, ...(group && { group }) };
    } catch (cause) {
      if (!(cause instanceof PortClash)) throw cause;
    }
  }
  throw new LabError(
    "E_TARGET_START",
    `${plan.target}: ${portTries} pairs of free ports in a row were taken before ${plan.program.name} could use them`,
    "Run it again when less is starting on this machine.",
  );
}

async function claimAll(claim: Claim, port: number, isSecure: boolean): Promise<ReadonlyMap<Scheme, LabAddress>> {
  const host = "127.0.0.1";
  const all: [Scheme, number][] = [
    ["coap", port],
    ["coap+tcp", port],
    ...(isSecure ? [["coaps", port + 1] satisfies [Scheme, number]] : []),
  ];
  const addresses = new Map<Scheme, LabAddress>();
  for (const [scheme, at] of all) addresses.set(scheme, await claim({ scheme, host, port: at }));
  return addresses;
}

function serverOn(
  bench: Bench,
  plan: ServerPlan,
  addresses: ReadonlyMap<Scheme, LabAddress>,
  main: LabAddress,
): LocalProgram {
  const { seeds } = plan;
  return new LocalProgram(bench, {
    ...programPlan(plan),
    looks: [...addresses.values()].map((at) => (withinMs) => whyNoAnswer(bench, at, withinMs)),
    words: (write) => plan.words(main.port, write),
    async prepare() {
      await using probe = await openProbe({ ...bench, wire: unkept }, main);
      for (const seed of seeds) await putResource(probe, seed);
    },
  });
}

function memberOf(
  bench: Bench,
  plan: ServerPlan,
  group: { readonly host: string; readonly port: number },
  words: NonNullable<ServerPlan["group"]>,
): LocalProgram {
  return new LocalProgram(bench, {
    ...programPlan(plan),
    looks: [() => askCoapGroup(bench, group).then(() => undefined, asError)],
    words: () => words(group.host, group.port),
  });
}

function programPlan({ target, program, order }: ServerPlan) {
  return {
    target,
    path: program.path,
    what: program.name,
    lease: order.lease,
    logKinds: libcoapLogKinds,
    // It goes on without the listeners that it could not have, and says so.
    saysTaken: /address already in use|cannot create \w+ endpoint/i,
    tryIt: `${program.name} -v 7 -A 127.0.0.1 -p 5683`,
  };
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
