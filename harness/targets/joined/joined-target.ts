import { z } from "zod";
import type { Bench } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { Capability, Claim, RunningTarget, Target, TargetOrder } from "#contract/target.ts";
import { joinedCapabilities } from "./joined-capabilities.ts";

/**
 * Several targets as one, each of another protocol: a broker and the CoAP server of the same product. They are started
 * one after the other, and the later ones are asked to admit the identities of the first. What befalls the whole befalls
 * every part that can undergo it. Throws E_USAGE where two parts speak the same protocol.
 */
export function joinedTarget(parts: readonly Target[], as?: { readonly id: string; readonly title: string }): Target {
  refuseSameProtocol(parts);
  const id = as?.id ?? parts.map((part) => part.id).join("+");
  return {
    id,
    title: as?.title ?? parts.map(({ title }) => title).join("; "),
    speaks: parts.flatMap(({ speaks }) => speaks),
    offers: offersOf(parts),
    ...(parts.every(({ listens }) => listens !== undefined) && {
      listens: parts.flatMap(({ listens = [] }) => listens),
    }),
    ...(parts.some(({ knobs }) => knobs !== undefined) && { knobs: knobsOf(parts) }),
    ...(parts.some(({ gives }) => gives !== undefined) && { gives: givesOf(parts) }),
    remembersStrain: parts.some(({ remembersStrain }) => remembersStrain === true),
    ...unverifiedOf(parts),
    start: (bench, claim, order) => startAll(id, parts, bench, claim, order),
  };
}

async function startAll(
  id: string,
  parts: readonly Target[],
  bench: Bench,
  claim: Claim,
  order: TargetOrder,
): Promise<RunningTarget> {
  const stack = new AsyncDisposableStack();
  const running: { readonly target: Target; readonly part: RunningTarget }[] = [];
  try {
    for (const target of parts) {
      const admit = running[0]?.part.identities;
      const own = { ...order, knobs: knobsFor(target, order.knobs), ...(admit && { admit }) };
      running.push({ target, part: stack.use(await target.start(bench, claim, own)) });
    }
  } catch (cause) {
    await stack.disposeAsync();
    throw cause;
  }
  const [first] = running;
  if (first === undefined) throw new Error("a joined target has no part");
  const started = running.map(({ part }) => part);
  const resources = started.find((part) => part.resources !== undefined)?.resources;
  const caller = started.find((part) => part.caller !== undefined)?.caller;
  const counting = started.find((part) => part.tally !== undefined);
  return {
    facts: {
      ...first.part.facts,
      id,
      product: started.map(({ facts }) => facts.product).join(" and "),
      fidelity: started.some(({ facts }) => facts.fidelity === "simulated") ? "simulated" : first.part.facts.fidelity,
      knobs: Object.assign({}, ...started.map(({ facts }): JsonObject => facts.knobs ?? {})),
    },
    can: joinedCapabilities(started.map(({ can }) => can)),
    identities: first.part.identities,
    identitiesFor: (protocol) =>
      running.find(({ target }) => target.speaks.includes(protocol))?.part.identities ?? first.part.identities,
    main: first.part.main,
    address: (scheme) => started.map((part) => part.address(scheme)).find((at) => at !== undefined),
    ...(resources && { resources }),
    ...(caller && { caller }),
    ...(counting?.tally && { tally: () => counting.tally?.() ?? Promise.resolve({ from: "" }) }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function refuseSameProtocol(parts: readonly Target[]): void {
  const spoken = parts.flatMap(({ speaks }) => speaks);
  const twice = spoken.find((protocol, index) => spoken.indexOf(protocol) < index);
  if (twice === undefined) return;
  const ids = parts.filter(({ speaks }) => speaks.includes(twice)).map(({ id }) => id);
  throw new LabError(
    "E_USAGE",
    `${ids.join(" and ")} both speak ${twice}, so they cannot be joined`,
    "Join targets of different protocols by +; to compare several of one, separate them by commas.",
  );
}

function offersOf(parts: readonly Target[]): readonly Capability[] {
  return [...new Set(parts.flatMap(({ offers }) => offers))];
}

function knobsOf(parts: readonly Target[]): z.ZodObject {
  return z.strictObject(Object.assign({}, ...parts.map(({ knobs }) => knobs?.shape ?? {})));
}

/** A part is told its own knobs only; it would refuse those of another. */
function knobsFor({ knobs }: Target, asked: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(asked).filter(([name]) => Object.hasOwn(knobs?.shape ?? {}, name)));
}

function givesOf(parts: readonly Target[]): NonNullable<Target["gives"]> {
  const bounds = parts.flatMap(({ gives }) => gives ?? []);
  const [first] = bounds;
  return {
    roles: (first?.roles ?? []).filter((role) => bounds.every(({ roles }) => roles.includes(role))),
    devices: Math.min(...bounds.map(({ devices }) => devices)),
  };
}

function unverifiedOf(parts: readonly Target[]): Pick<Target, "unverified"> {
  const why = parts.flatMap(({ id, unverified }) => (unverified === undefined ? [] : [`${id}: ${unverified}`]));
  return why.length === 0 ? {} : { unverified: why.join("; ") };
}
