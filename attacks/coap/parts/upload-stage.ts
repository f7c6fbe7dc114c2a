import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf } from "#contract/detail.ts";
import { type Attempted, type Launch, notesOf } from "#contract/judging.ts";
import { code } from "#simulator/coap/code.ts";
import { type Asker, openAsker } from "./access-asker.ts";
import { borrow } from "./access-rightful.ts";
import { mustServe } from "./access-serving.ts";
import { openRightful, type RightfulProbe } from "./message-rightful.ts";
import { mustUpload, uploadPath } from "./upload-blocks.ts";

export const uploadWithinMs = 2_000;

/** Somebody who may put bodies at a path: on one socket by single blocks, on another as honest clients do. */
export interface UploadStage extends AsyncDisposable {
  readonly path: string;
  readonly rightful: RightfulProbe;
  readonly asker: Asker;
}

/**
 * Undefined where nobody knows of a resource that takes bodies.
 * @param from local address of the socket that sends single blocks; see owned-host.ts.
 */
export async function openUploadStage(
  bench: Bench,
  ground: Ground,
  from: { readonly host?: string } = {},
): Promise<UploadStage | undefined> {
  const path = uploadPath(bench, ground);
  if (path === undefined) return undefined;
  const { operator } = ground.identities;
  await using opened = new AsyncDisposableStack();
  const rightful = opened.use(await openRightful(bench, ground, operator, from));
  const asker = opened.use(await openAsker(bench, ground, "operator", operator));
  // What was made for the test goes with it, what was there before comes back.
  if (ground.resources?.upload !== undefined) opened.use(await borrow(asker, path, uploadWithinMs));
  else opened.defer(async () => void (await asker.ask({ code: code.delete, path }, uploadWithinMs).catch(() => {})));
  const all = opened.move();
  return { path, rightful, asker, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** For controls: an ordinary upload works, or, where nobody knows of one, a rightful client is served. Throws where not. */
export async function expectUploads(bench: Bench, ground: Ground): Promise<void> {
  await using stage = await openUploadStage(bench, ground);
  if (stage === undefined) return mustServe(bench, ground, uploadWithinMs);
  const { asker, path, rightful } = stage;
  await mustUpload(bench, { probe: rightful.probe, asker, path }, uploadWithinMs);
}

/** Says in the history that there is nothing to upload to; checks answer not-applicable then. */
export function noteNoUpload(bench: Bench): void {
  bench.observe.note("no-upload");
}

/** The answer of every check about uploads where there was nothing to upload to. */
export function noUploadIn({ during }: Launch): Answer | undefined {
  const notes = notesOf(during.attack, "no-upload");
  if (notes.length === 0) return undefined;
  const says = "nobody knows of a resource that takes bodies";
  return { verdict: "not-applicable", says, evidence: notes.map(({ seq }) => seq) };
}

/** Tries that went wrong where they are ok, and right where they were refused; of the others nobody knows. */
export function judgeUploads(
  tries: readonly Attempted[],
  planned: number,
  says: { readonly fail: (bad: readonly Attempted[]) => string; readonly pass: string },
): Answer {
  const bad = tries.filter(({ phase }) => phase === "ok");
  const good = tries.filter(({ phase }) => phase === "refused");
  const trials = { planned, run: tries.length, passed: good.length };
  if (bad.length > 0) return { verdict: "fail", says: says.fail(bad), evidence: bad.map(seqOf), trials };
  if (good.length < planned) {
    const open = `of ${planned - good.length} of ${planned} uploads nobody knows what became of them`;
    return { verdict: "inconclusive", says: open, evidence: tries.map(seqOf), trials };
  }
  return { verdict: "pass", says: says.pass, evidence: good.map(seqOf), trials };
}
