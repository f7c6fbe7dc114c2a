import { Option } from "commander";
import { LabError } from "#contract/errors.ts";
import { buildImages } from "#images/build-images.ts";
import { findImages, imagesNamed } from "#images/find-images.ts";
import { inWords } from "#images/in-words.ts";
import { debianSuites, type LabImage } from "#images/lab-image.ts";
import { loadBundle } from "#images/load-bundle.ts";
import { presentImages } from "#images/present-images.ts";
import { saveBundle } from "#images/save-bundle.ts";
import type { Workshop } from "#images/workshop.ts";
import { k6Home } from "#load/k6-home.mjs";
import { suggestion } from "#plan/suggestion.ts";
import { home } from "./catalogue.ts";
import { interruption } from "./interruption.ts";
import type { CommonOptions } from "./options.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** Options of `seatrial images`. */
export interface ImagesOptions extends CommonOptions {
  readonly offline?: true;
  readonly base?: string;
  readonly suite: string;
  readonly to?: string;
  readonly force?: true;
}

/** The options of {@link ImagesOptions}, described for `--help`. */
export const imagesOptions: readonly Option[] = [
  new Option("--offline", "build: without a registry, on a base image made of Debian's packages"),
  new Option("--base <image>", "build: on this base image (a Debian)").conflicts("offline"),
  new Option("--suite <name>", "build --offline: the suite of Debian")
    .choices(Object.keys(debianSuites))
    .default("bookworm"),
  new Option("--to <file>", "save: the bundle to write"),
  new Option("--force", "build: also what is there and unchanged, with the newest packages"),
];

/** What belongs to which word; everything else is wrong use. */
const ownOptions = {
  list: [],
  build: ["offline", "base", "force"],
  save: ["to"],
  load: [],
} as const satisfies Readonly<Record<string, readonly (keyof ImagesOptions)[]>>;

type What = keyof typeof ownOptions;

const words = {
  ending: "ending, taking back what was begun",
  what: "the work on images",
  hint: "What was finished before is kept; the same command goes on from there.",
};

/** `seatrial images list|build|save|load`: the images that targets in containers need, with and without a registry. */
export async function images(
  [what = "", ...names]: readonly string[],
  options: ImagesOptions,
  terminal: Terminal,
): Promise<number> {
  checkUse(what, names, options);
  const workshop: Workshop = {
    environment: process.env,
    k6: k6Home(process.env),
    user: process.geteuid?.(),
    signal: interruption(terminal, words),
    nowMs: () => performance.now(),
    say: (text) => terminal.line(text),
    live: (text) => terminal.live(text),
  };
  const all = await findImages(home, version, options.suite);
  const done = await works[what]({ workshop, all, names, options, terminal });
  if (options.json) terminal.result(JSON.stringify(done, null, 2));
  return 0;
}

/** What each of the four is given. */
interface Work {
  readonly workshop: Workshop;
  readonly all: readonly LabImage[];
  readonly names: readonly string[];
  readonly options: ImagesOptions;
  readonly terminal: Terminal;
}

const works: Readonly<Record<What, (work: Work) => Promise<unknown>>> = {
  async list({ workshop, all, names, options, terminal }) {
    const wanted = imagesNamed(all, names);
    const present = await presentImages(workshop, wanted);
    const rows = wanted.map(({ name, reference, title, neededBy, source }) => {
      const there = present.get(reference);
      const { id, bytes, madeAt } = there ?? {};
      return {
        name,
        reference,
        title,
        neededBy,
        offline: source.kind !== "registry",
        present: there !== undefined,
        id,
        bytes,
        madeAt,
      };
    });
    if (options.json) return rows;
    const cells = rows.map(({ reference, neededBy, offline, bytes, madeAt, name }) => [
      name,
      reference,
      bytes === undefined ? "missing" : inWords.bytes(bytes),
      madeAt === undefined ? "" : `${inWords.age(Date.now() - Date.parse(madeAt))} old`,
      offline ? "built here" : "by registry",
      neededBy,
    ]);
    const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
    for (const row of cells)
      terminal.result(
        row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join("  ")
          .trimEnd(),
      );
    return rows;
  },

  async build({ workshop, all, names, options }) {
    const { base, suite } = options;
    const order = { names, offline: options.offline === true, suite, force: options.force === true };
    return buildImages(workshop, all, base === undefined ? order : { ...order, base });
  },

  async save({ workshop, all, names, options, terminal }) {
    const to = options.to ?? "";
    const bundle = await saveBundle(workshop, all, { names, to, seatrial: version, madeAt: new Date().toISOString() });
    if (!options.json) {
      for (const { reference, bytes } of bundle.images) terminal.result(`${reference}  ${inWords.bytes(bytes)}`);
      terminal.result(`${to}: ${inWords.bytes(bundle.archive.bytes)}, sha256 of the images ${bundle.archive.sha256}`);
    }
    return bundle;
  },

  async load({ workshop, names: [file = ""], options, terminal }) {
    const bundle = await loadBundle(workshop, file);
    if (!options.json) for (const { reference, id } of bundle.images) terminal.result(`${reference}  ${id}`);
    return bundle;
  },
};

function checkUse(what: string, names: readonly string[], options: ImagesOptions): asserts what is What {
  const known = Object.keys(ownOptions);
  if (!isWhat(what)) {
    throw new LabError(
      "E_USAGE",
      `seatrial images does not ${what}${suggestion(what, known)}`,
      `Choose among ${known.join(", ")}.`,
    );
  }
  for (const [owner, theirs] of Object.entries(ownOptions)) {
    for (const option of theirs) {
      if (owner === what || options[option] === undefined) continue;
      throw new LabError(
        "E_USAGE",
        `--${option} belongs to seatrial images ${owner}`,
        `Leave it out of images ${what}.`,
      );
    }
  }
  if (what === "save" && options.to === undefined) {
    throw new LabError("E_USAGE", "images save needs a place for the bundle", "Add for example --to images.tar.");
  }
  if (what === "load" && names.length !== 1) {
    throw new LabError("E_USAGE", "images load takes one bundle", "Write seatrial images load images.tar.");
  }
}

function isWhat(word: string): word is What {
  return Object.hasOwn(ownOptions, word);
}
