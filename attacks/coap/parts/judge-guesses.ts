import type { Answer } from "#contract/check.ts";
import { fieldOf, seqOf, textOf } from "#contract/detail.ts";
import { type Attempted, attemptsOf, type Launch } from "#contract/judging.ts";
import type { Guess } from "./psk-guess.ts";

/** Guesses that any server may answer at full speed; a brake must have bitten by then. */
export const freeGuesses = 20;

function guessesOf({ during: { attack } }: Launch, what: Guess["what"]): readonly Attempted[] {
  return attemptsOf(attack, "guess").filter(({ began }) => fieldOf(began.detail, "what") === what);
}

/** Whether the right key was taken in the same time, within the same window; only then says silence anything. */
function wasHeardBeside(launch: Launch): boolean {
  const beside = guessesOf(launch, "beside");
  return beside.length > 0 && beside.every(({ phase }) => phase === "ok");
}

/** A guess that was taken counts against the server; silence for it only where the right key was taken beside it. */
function judgeTaken(launch: Launch, what: Guess["what"], nothing: string): Answer {
  const tried = guessesOf(launch, what);
  const taken = tried.filter(({ phase }) => phase === "ok");
  const silent = tried.filter(({ phase }) => phase === "unknown").length;
  const trials = { planned: tried.length, run: tried.length, passed: tried.length - taken.length };
  if (taken.length > 0) {
    const identities = [...new Set(taken.map(({ began }) => textOf(began.detail, "identity")))];
    const says = `${taken.length} of ${tried.length} guesses opened a session, as ${identities.join(", ")}`;
    return { verdict: "fail", says, evidence: taken.map(seqOf), trials };
  }
  const evidence = tried.map(seqOf);
  if (tried.length === 0) return { verdict: "inconclusive", says: "nothing was guessed", evidence };
  if (silent > 0 && !wasHeardBeside(launch)) {
    const says = `${silent} of ${tried.length} guesses got no answer, but neither did the right key beside them`;
    return { verdict: "inconclusive", says, evidence, trials };
  }
  const how = silent === 0 ? "" : `; ${silent} got no answer, while the right key did`;
  return { verdict: "pass", says: `${nothing}${how}`, evidence: [...evidence, ...besideOf(launch)], trials };
}

function besideOf(launch: Launch): readonly number[] {
  return guessesOf(launch, "beside").map(seqOf);
}

/** Of keys that manuals print. */
export function judgePrinted(launch: Launch): Answer {
  const tried = guessesOf(launch, "printed").length;
  return judgeTaken(launch, "printed", `none of ${tried} printed keys opened a session`);
}

/** Of the key of one device for the identity of another. */
export function judgeShared(launch: Launch): Answer {
  return judgeTaken(launch, "other's key", "the intruder's key did not open the victim's identity");
}

/** Of the speed at which random keys were evaluated. */
export function judgeSpeed(launch: Launch): Answer {
  const tried = guessesOf(launch, "random");
  const lucky = tried.find(({ phase }) => phase === "ok");
  if (lucky !== undefined) return { verdict: "fail", says: "a random key was taken", evidence: [seqOf(lucky)] };
  const evaluated = tried.filter(({ phase }) => phase === "refused");
  const [right] = guessesOf(launch, "after");
  const says = `${evaluated.length} of ${tried.length} wrong keys were evaluated`;
  const trials = { planned: tried.length, run: tried.length, passed: tried.length - evaluated.length };
  const evidence = [...evaluated.slice(0, 1), ...evaluated.slice(-1), ...(right ? [right] : [])].map(seqOf);
  if (evaluated.length > freeGuesses && right?.phase === "ok") {
    return { verdict: "fail", says: `${says}, and the right one was then taken at once`, evidence, trials };
  }
  if (evaluated.length === 0 && right?.phase === "ok") {
    const silent = "no wrong key was answered with an alert, so nothing shows which were evaluated";
    return { verdict: "inconclusive", says: silent, evidence, trials };
  }
  if (tried.length <= freeGuesses) {
    return { verdict: "inconclusive", says: `${says}, too few for a brake to show`, evidence, trials };
  }
  const braked = right?.phase === "ok" ? "" : "; after them even the right one was not taken from there";
  return { verdict: "pass", says: `${says}${braked}`, evidence, trials };
}

/** Of how an identity that nobody has fails, beside one that somebody has. */
export function judgeAlike(launch: Launch): Answer {
  const [known] = guessesOf(launch, "known identity");
  const [unknown] = guessesOf(launch, "unknown identity");
  const evidence = [known, unknown].flatMap((each) => (each === undefined ? [] : [seqOf(each)]));
  if (known === undefined || unknown === undefined) {
    return { verdict: "inconclusive", says: "the two were not both tried", evidence };
  }
  const [one, other] = [endingOf(known), endingOf(unknown)];
  if (unknown.phase === "ok" || known.phase === "ok") {
    return { verdict: "inconclusive", says: "a random key was taken, so there is nothing to compare", evidence };
  }
  const says = `a wrong key ended with ${one}, an identity that nobody has with ${other}`;
  // Silence may be a lost datagram, so only two answers that were heard can be told apart for certain.
  if (one !== other && known.phase === "refused" && unknown.phase === "refused")
    return { verdict: "fail", says, evidence };
  const isSilent = [known, unknown].some(({ phase }) => phase === "unknown");
  if (one !== other || (isSilent && !wasHeardBeside(launch))) return { verdict: "inconclusive", says, evidence };
  return { verdict: "pass", says, evidence: [...evidence, ...besideOf(launch)] };
}

function endingOf({ phase, ended }: Attempted): string {
  const { code = "an alert", message = "the end of the run" } = ended?.error ?? {};
  return phase === "refused" ? code : `silence (${message})`;
}
