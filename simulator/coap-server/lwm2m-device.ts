import { objectTypes } from "./lwm2m-objects.ts";
import type { Value } from "./lwm2m-value.ts";

/** What stands behind resources that are no plain values. */
export interface Hooks {
  /** The value of a resource that is computed. */
  readonly reads: { readonly [path: string]: () => Value };
  /** Takes a value; false where it cannot be taken now, a code where that is the answer. */
  readonly writes: { readonly [path: string]: (value: Value) => number };
  /** Executes; gives the code of the answer. */
  readonly executes: { readonly [path: string]: () => number };
}

/** Instances and values of all objects of one device. Paths are `object/instance/resource`. */
export class Lwm2mDevice {
  readonly #hooks: Hooks;
  readonly #values = new Map<string, Value>();

  constructor(hooks: Hooks, values: { readonly [path: string]: Value }) {
    this.#hooks = hooks;
    for (const [path, value] of Object.entries(values)) this.#values.set(path, value);
  }

  /** Ids of the instances of an object that are there. */
  instances(object: number): readonly number[] {
    const paths = [...this.#values.keys(), ...Object.keys(this.#hooks.reads)];
    const ids = paths.map((path) => path.split("/").map(Number)).filter(([first]) => first === object);
    return [...new Set(ids.map(([, instance = 0]) => instance))].toSorted((one, other) => one - other);
  }

  /** Ids of the resources of an instance. */
  resources(object: number, instance: number): readonly number[] {
    if (!this.instances(object).includes(instance)) return [];
    return Object.keys(objectTypes[object] ?? {}).map(Number);
  }

  read(path: string): Value | undefined {
    return this.#hooks.reads[path]?.() ?? this.#values.get(path);
  }

  /** The hook's answer; undefined where the value is simply kept. */
  write(path: string, value: Value): number | undefined {
    const hook = this.#hooks.writes[path];
    if (hook !== undefined) return hook(value);
    this.#values.set(path, value);
    return undefined;
  }

  execute(path: string): number | undefined {
    return this.#hooks.executes[path]?.();
  }

  /** Forgets an instance, or all instances of an object. */
  remove(object: number, instance?: number): void {
    const below = instance === undefined ? `${object}/` : `${object}/${instance}/`;
    for (const path of this.#values.keys()) if (path.startsWith(below)) this.#values.delete(path);
  }
}
