import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
} from "yaml";
import type { Json } from "#contract/observation.ts";
import { type Place, Problems } from "./problems.ts";

/** A file's text, and the name to call it by in messages. */
export interface Source {
  readonly text: string;
  readonly file: string;
}

/** The way to a value: keys and indices from the root. */
export type Path = readonly (string | number)[];

/** A YAML file as plain JSON, in which every value still knows where it stands. */
export interface PlanDocument {
  readonly value: Json;
  readonly problems: Problems;
  /** The value at `path`, or undefined where there is none. */
  at(path: Path): Json | undefined;
  /** Where the value at `path` begins; where there is none, the nearest thing around it. */
  place(path: Path): Place;
  /** Where the key of the value at `path` begins; the value itself where it has no key. */
  keyPlace(path: Path): Place;
}

const mostCharacters = 1_000_000;
/** Values that a file may unfold to, aliases counted each time they are used: keeps a small file from becoming a huge plan. */
const mostValues = 100_000;
const mostNested = 40;

/**
 * Reads YAML 1.2. Duplicate keys are collected in `problems`; text that is no YAML, more than one document,
 * text that was not UTF-8 and aliases that unfold without end are thrown at once, as E_PLAN.
 */
export function readDocument({ text, file }: Source, page = "docs/scenario-files.md"): PlanDocument {
  const problems = new Problems(file, page);
  refuseOdd(text, problems);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const broken = [...document.errors, ...document.warnings];
  for (const error of broken) problems.add(placeOf(error.pos[0]), sayYaml(error));
  if (broken.some(({ code }) => code !== "DUPLICATE_KEY")) problems.throwIfAny();
  if (document.contents === null) {
    problems.add({ line: 1, column: 1 }, "the file is empty");
    problems.throwIfAny();
  }
  const unfolded = new Unfolding(document, placeOf, problems);
  const value = unfolded.unfold(document.contents, []);
  const { places, keys } = unfolded;
  const find = (path: Path): Place => {
    const place = places.get(nameOf(path));
    if (place !== undefined || path.length === 0) return place ?? { line: 1, column: 1 };
    return find(path.slice(0, -1));
  };
  return {
    value,
    problems,
    at: (path) => path.reduce<Json | undefined>(child, value),
    place: find,
    keyPlace: (path) => keys.get(nameOf(path)) ?? find(path),
  };
}

function nameOf(path: Path): string {
  return JSON.stringify(path);
}

function child(value: Json | undefined, key: string | number): Json | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return Object.entries(value).find(([name]) => name === String(key))?.[1];
}

function refuseOdd(text: string, problems: Problems): void {
  if (text.length > mostCharacters) {
    problems.add({ line: 1, column: 1 }, `the file has more than ${mostCharacters} characters`);
  }
  const odd = /[\uFFFD\0]/.exec(text);
  if (odd !== null) {
    const before = text.slice(0, odd.index).split("\n");
    const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    problems.add(place, "the file is not UTF-8 text", "Save it again as UTF-8.");
  }
  problems.throwIfAny();
}

const yamlWords = new Map<string, string>([
  ["DUPLICATE_KEY", "this key was already given above"],
  ["MULTIPLE_DOCS", "the file holds more than one document; write each into a file of its own"],
  ["TAB_AS_INDENT", "lines are indented with spaces, not with tabs"],
]);

function sayYaml({ code, message }: YAMLError): string {
  return yamlWords.get(code) ?? `this is not YAML: ${message.split("\n")[0] ?? code}`;
}

/** Turns YAML nodes into JSON and remembers where each stood. */
class Unfolding {
  readonly places = new Map<string, Place>();
  readonly keys = new Map<string, Place>();
  readonly #document: Document;
  readonly #placeOf: (offset: number) => Place;
  readonly #problems: Problems;
  #values = 0;

  constructor(document: Document, placeOf: (offset: number) => Place, problems: Problems) {
    this.#document = document;
    this.#placeOf = placeOf;
    this.#problems = problems;
  }

  unfold(node: Node | null, path: Path): Json {
    const place = this.#placeOf(node?.range?.[0] ?? 0);
    this.#values += 1;
    if (this.#values > mostValues || path.length > mostNested) {
      this.#problems.add(place, "this unfolds to more than a plan can hold; write it without aliases");
      this.#problems.throwIfAny();
    }
    if (!this.places.has(nameOf(path))) this.places.set(nameOf(path), place);
    if (isAlias(node)) {
      const meant = node.resolve(this.#document);
      if (meant === undefined) this.#problems.add(place, `there is no anchor "&${node.source}" before this`);
      return this.unfold(meant ?? null, path);
    }
    if (isSeq<Node>(node)) return node.items.map((item, index) => this.unfold(item, [...path, index]));
    if (isMap<Node, Node | null>(node)) return Object.fromEntries(this.#entries(node.items, path));
    return this.#scalar(isScalar(node) ? node.value : null, place);
  }

  #entries(pairs: readonly Pair<Node, Node | null>[], path: Path): ReadonlyMap<string, Json> {
    const entries = new Map<string, Json>();
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.value) : String(key);
      // The second of two equal keys was already found wrong.
      if (entries.has(name)) continue;
      const inside = [...path, name];
      const place = this.#placeOf(key.range?.[0] ?? 0);
      this.keys.set(nameOf(inside), place);
      if (value === null) this.places.set(nameOf(inside), place);
      entries.set(name, this.unfold(value, inside));
    }
    return entries;
  }

  #scalar(value: unknown, place: Place): Json {
    if (value === null || value === undefined) return null;
    if (typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    this.#problems.add(place, "this is neither text nor a number nor true or false");
    return null;
  }
}
