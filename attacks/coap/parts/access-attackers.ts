import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { type Asker, hasSecure, openAsker, openStranger, plainAt } from "./access-asker.ts";

/**
 * Whoever may come at the target: a stranger where it has a listener without DTLS, and a device with a key of its own
 * where it has one with. Each is opened when its turn comes, and disposed by who opens it.
 */
export function attackersOf(bench: Bench, ground: Ground): readonly (() => Promise<Asker>)[] {
  const [at, { intruder }] = [plainAt(ground), ground.identities];
  return [
    ...(at === undefined ? [] : [() => openStranger(bench, at)]),
    ...(intruder === undefined || !hasSecure(ground) ? [] : [() => openAsker(bench, ground, "intruder", intruder)]),
  ];
}
