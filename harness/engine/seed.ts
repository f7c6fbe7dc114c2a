import { createHash } from "node:crypto";
import type { Random } from "#contract/bench.ts";
import type { ActorId } from "#contract/observation.ts";

/**
 * The stream of chance of one actor, derived from the run's seed and the actor's id alone, so that adding an attack
 * does not shift the devices' luck. The generator is sfc32 (Chris Doty-Humphrey, PractRand), seeded by SHA-256.
 */
export function randomFor(seed: string, actor: ActorId): Random {
  const digest = createHash("sha256").update(`${seed}\0${actor}`).digest();
  let [a, b, c, counter] = [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), 1];
  const draw = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) draw();
  const next = () => draw() / 2 ** 32;
  return {
    next,
    integer: (from, below) => from + Math.floor(next() * (below - from)),
    hex: (bytes) => Array.from({ length: bytes }, () => (draw() & 0xff).toString(16).padStart(2, "0")).join(""),
  };
}
