const firstPlaces = 16;
const noKey = -1;

/**
 * A map from unsigned 32-bit numbers for things that come and go quickly. Unlike a Map it leaves no dead tables behind,
 * which would keep alive what was in them until the next great collection.
 */
export class NumberTable<T> {
  #keys = new Float64Array(firstPlaces).fill(noKey);
  #values: (T | undefined)[] = Array.from({ length: firstPlaces });
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): T | undefined {
    return this.#values[this.#placeOf(key)];
  }

  has(key: number): boolean {
    return this.#keys[this.#placeOf(key)] === key;
  }

  set(key: number, value: T): void {
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    const place = this.#placeOf(key);
    if (this.#keys[place] === noKey) this.#size++;
    this.#keys[place] = key;
    this.#values[place] = value;
  }

  delete(key: number): void {
    let gap = this.#placeOf(key);
    if (this.#keys[gap] !== key) return;
    const mask = this.#keys.length - 1;
    this.#size--;
    // Closes the gap, so that no search ends too early.
    for (let at = (gap + 1) & mask; this.#keys[at] !== noKey; at = (at + 1) & mask) {
      const other = this.#keys[at] ?? noKey;
      const home = hash(other) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      this.#keys[gap] = other;
      this.#values[gap] = this.#values[at];
      gap = at;
    }
    this.#keys[gap] = noKey;
    this.#values[gap] = undefined;
  }

  /** What is there now, whatever changes meanwhile. */
  values(): readonly T[] {
    return this.#values.filter((value) => value !== undefined);
  }

  /** Where the key is, or where it would go. */
  #placeOf(key: number): number {
    const mask = this.#keys.length - 1;
    let at = hash(key) & mask;
    for (let found = this.#keys[at]; found !== key && found !== noKey; found = this.#keys[at]) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(keys.length * 2).fill(noKey);
    this.#values = Array.from({ length: keys.length * 2 });
    for (const [at, value] of values.entries()) {
      if (value === undefined) continue;
      const place = this.#placeOf(keys[at] ?? noKey);
      this.#keys[place] = keys[at] ?? noKey;
      this.#values[place] = value;
    }
  }
}

function hash(key: number): number {
  const mixed = Math.imul(key | 0, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
