import type { Clock, Random } from "#contract/bench.ts";
import type { WebLink } from "./link-format.ts";
import type { Principal } from "./principal.ts";

/** What an endpoint says of itself. */
export interface Registered {
  /** Endpoint name and sector. */
  readonly ep: string;
  readonly d: string;
  readonly base: string;
  readonly lifetimeS: number;
  /** Whether it registered as an LwM2M client, by the query `lwm2m`. */
  readonly isLwm2m: boolean;
  readonly links: readonly WebLink[];
}

/** A registration, and who made it. */
export interface Registration extends Registered {
  /** Last segment of its path; not to be guessed. */
  readonly id: string;
  readonly owner: string;
  readonly countedAs: string;
  readonly untilMs: number;
}

/** What tells endpoints apart. */
type Name = Pick<Registered, "ep" | "d" | "isLwm2m">;

/** All registrations of a directory; those whose lifetime is over are not there any more. */
export class Registrations {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #random: Random;
  readonly #byId = new Map<string, Registration>();
  readonly #idByName = new Map<string, string>();

  constructor(clock: Pick<Clock, "nowMs">, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  all(): readonly Registration[] {
    return [...this.#byId.keys()].flatMap((id) => this.byId(id) ?? []);
  }

  byId(id: string): Registration | undefined {
    const found = this.#byId.get(id);
    if (found === undefined || found.untilMs > this.#clock.nowMs()) return found;
    this.remove(id);
    return undefined;
  }

  /** The registration of that name, sector and kind. */
  byName(name: Name): Registration | undefined {
    const id = this.#idByName.get(keyOf(name));
    return id === undefined ? undefined : this.byId(id);
  }

  countOf({ countedAs }: Principal): number {
    return this.all().filter((each) => each.countedAs === countedAs).length;
  }

  /** Keeps it under the id of the one that it replaces, or a new one. */
  keep(registered: Registered, by: Pick<Registration, "owner" | "countedAs">, id = this.#random.hex(8)): Registration {
    const untilMs = this.#clock.nowMs() + registered.lifetimeS * 1_000;
    const registration = { ...registered, id, owner: by.owner, countedAs: by.countedAs, untilMs };
    this.#byId.set(id, registration);
    this.#idByName.set(keyOf(registered), id);
    return registration;
  }

  remove(id: string): void {
    const found = this.#byId.get(id);
    if (found !== undefined) this.#idByName.delete(keyOf(found));
    this.#byId.delete(id);
  }
}

function keyOf({ ep, d, isLwm2m }: Name): string {
  return JSON.stringify([ep, d, isLwm2m]);
}
