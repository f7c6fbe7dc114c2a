import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, seqOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import type { Message } from "#simulator/coap/message.ts";
import { type Option, optionNumber, pathOptions } from "#simulator/coap/option.ts";
import { type Asker, openAsker } from "./parts/access-asker.ts";
import { borrow, readText } from "./parts/access-rightful.ts";
import { mustCommand, mustServe } from "./parts/access-serving.ts";
import { type HeldPath, openHeldPath } from "./parts/held-path.ts";
import { askRightly, exchange, goesSecurely, openRightful, type RightfulProbe } from "./parts/message-rightful.ts";

const id = "coap.request-delay";
const answerWithinMs = 2_000;

export const requestDelay = defineAttack({
  id,
  title: "Hold a request back until after a later one",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `A box between a client and the server keeps one request to set the actuator (where the server asks for Echo, the one that shows it), lets a later
request pass that sets it to something else, and lets the first go after a while. It is done without DTLS, and through DTLS where the target has it.
delayed-requests-come-too-late is about requests without DTLS: it fails where the operator reads the value of the request that was held back, and
passes where it reads that of the later one. Where the server carries out nothing without DTLS it does not apply. What a record
of DTLS did that was held back is told with it: DTLS does not keep order, and unless the server asks for Echo there, too, such a
record is still carried out.
The control: the operator sets the actuator and reads it.`,
  references: {
    cwe: ["CWE-294", "CWE-367"],
    attack: ["T1557", "T1691.001"],
    owasp: ["I7"],
    clauses: ["RFC 9175 §2.4"],
    cases: ["CO-MSG-03"],
  },
  parameters: z.strictObject({
    holds: duration({ atLeast: "10ms", atMost: "60s" })
      .prefault("200ms")
      .describe("how long the request is kept after the later one was answered"),
    window: duration({ atLeast: "50ms", atMost: "5s" })
      .prefault("200ms")
      .describe("how long the effect of the late request is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ holds, window }) => 2 * (holds + window) + 20 * answerWithinMs,

  control: (bench, ground) => mustCommand(bench, ground, answerWithinMs),

  async launch(bench, ground, times) {
    const actuator = ground.resources?.actuator;
    if (actuator === undefined) return void bench.observe.note("no-actuator");
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    await using _before = await borrow(operator, actuator, answerWithinMs);
    await delay(bench, ground, { plain: true, operator, actuator, ...times });
    if (!goesSecurely(ground, ground.identities.operator)) return;
    await delay(bench, ground, { plain: false, operator, actuator, ...times });
  },

  recovery: (bench, ground) => mustServe(bench, ground, answerWithinMs),

  checks: [
    {
      id: "delayed-requests-come-too-late",
      asks: "Does a request without DTLS that was held back do nothing once a later one was carried out?",
      covers: "P1.1/closed-by-default",
      remedy:
        "Ask for a fresh Echo (RFC 9175) before anything is done that changes something, and take none that is older than the last one used. Then run this again: the later request must keep its effect.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeDelays),
    },
  ],
  twins: [
    {
      kills: "delayed-requests-come-too-late",
      loosen: { where: "coap-server", knob: "freshness", value: "none" },
      both: { "coap-server": { plainAccess: "open" } },
    },
  ],
});

interface Stage {
  readonly plain: boolean;
  readonly operator: Asker;
  readonly actuator: string;
  readonly holds: number;
  readonly window: number;
}

/** One attempt: ok where the request that was held back had its effect, refused where the later one kept its own. */
async function delay(bench: Bench, ground: Ground, stage: Stage): Promise<void> {
  const { plain, operator, actuator } = stage;
  const { operator: as } = ground.identities;
  const secureAt = [ground.at, ...ground.listeners].find(({ scheme }) => scheme === "coaps");
  await using path = await openHeldPath(bench, plain ? ground.at : (secureAt ?? ground.at));
  await using client = await openRightful(bench, ground, as, { plain, via: path.entrance });
  const echo = await probeEcho(client, actuator, canary(bench));
  if (echo === "refused") return void bench.observe.note("not-taken", { isSecure: client.isSecure }, path.reference);
  await bench.observe.attempt("delay", { isSecure: client.isSecure, echo: echo.length > 0 }, async (trace) => {
    trace.wire(path.reference);
    const [stale, current] = [canary(bench), canary(bench)];
    await holdBack(bench, client, path, { actuator, stale, echo: await freshEcho(client, actuator, stale, echo) });
    const { answer } = await askRightly(client.probe, put(actuator, current), answerWithinMs);
    if (answer === undefined || !isSuccess(answer.code)) throw new Error("the later request was not carried out");
    await bench.clock.sleep(stage.holds, bench.signal);
    trace.detail({ kept: path.kept });
    path.release();
    await bench.clock.sleep(stage.window, bench.signal);
    const read = await readText(operator, actuator, answerWithinMs);
    if (read === stale) return;
    if (read !== current) throw new Error("the actuator says neither what the one nor what the other had set");
    throw new Refused("unmoved", "the later request kept its effect");
  });
}

function put(path: string, text: string, echo: readonly Option[] = []) {
  return { code: code.put, options: [...pathOptions(path), ...echo], payload: text };
}

/** Sets the actuator, and tells whether an Echo was asked for; `refused` where it was not set. */
async function probeEcho({ probe }: RightfulProbe, path: string, text: string): Promise<readonly Option[] | "refused"> {
  const { asked, answer } = await askRightly(probe, put(path, text), answerWithinMs);
  if (answer === undefined || !isSuccess(answer.code)) return "refused";
  return echoIn(asked);
}

/** The Echo that the next request will show, where the server asks for one; nothing is set by that. */
async function freshEcho(client: RightfulProbe, path: string, text: string, before: readonly Option[]) {
  if (before.length === 0) return [];
  const challenged = await exchange(client.probe, client.probe.message(put(path, text)), answerWithinMs);
  return challenged === undefined ? [] : echoIn(challenged);
}

function echoIn({ options }: Message): readonly Option[] {
  return options.filter(({ number }) => number === optionNumber.echo);
}

async function holdBack(
  bench: Bench,
  { probe }: RightfulProbe,
  path: HeldPath,
  { actuator, stale, echo }: { readonly actuator: string; readonly stale: string; readonly echo: readonly Option[] },
): Promise<void> {
  path.hold();
  probe.send(probe.message(put(actuator, stale, echo)));
  for (let n = 0; n < 100 && path.kept === 0; n += 1) await bench.clock.sleep(5, bench.signal);
  path.pass();
  if (path.kept === 0) throw new Error("the request did not come to the box");
}

function judgeDelays({ during: { attack } }: Launch): Answer {
  const tries = attemptsOf(attack, "delay");
  const plain = tries.find(({ began }) => fieldOf(began.detail, "isSecure") !== true);
  const secure = tries.find(({ began }) => fieldOf(began.detail, "isSecure") === true);
  const inside = { ok: "was still carried out", refused: "came too late", unknown: "did nobody knows what" };
  const also = secure === undefined ? "" : `; a DTLS record that was held back ${inside[secure.phase]}`;
  const evidence = tries.map(seqOf);
  if (plain?.phase === "ok") {
    return { verdict: "fail", says: `a request that was held back was carried out after a later one${also}`, evidence };
  }
  if (plain?.phase === "refused") {
    return { verdict: "pass", says: `a request that was held back did nothing after a later one${also}`, evidence };
  }
  if (plain?.phase === "unknown") {
    return { verdict: "inconclusive", says: `nobody knows what the request did that was held back${also}`, evidence };
  }
  const notes = [...notesOf(attack, "not-taken"), ...notesOf(attack, "no-actuator")].map(({ seq }) => seq);
  const says = `nothing is known that a request without DTLS could set${also}`;
  return { verdict: notes.length > 0 ? "not-applicable" : "inconclusive", says, evidence: [...notes, ...evidence] };
}
