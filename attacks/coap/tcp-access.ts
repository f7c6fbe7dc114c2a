import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import type { Frame } from "#simulator/coap/tcp-framing.ts";
import { type Asker, openAsker } from "./parts/access-asker.ts";
import { borrow, isWritten, readText } from "./parts/access-rightful.ts";
import { mustCommand } from "./parts/access-serving.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { askByTcp, openTcpProbe, plainCsm, type TcpProbe } from "./parts/tcp-probe.ts";
import { expectTcpServed, noTcpIn, noteNoTcp, tcpAt } from "./parts/tcp-serving.ts";

const id = "coap.tcp-access";

export const tcpAccess = defineAttack({
  id,
  title: "Read and command over TCP",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `A stranger asks over CoAP on TCP, without TLS, for every resource that is said to be sensitive, and sets the actuator to a canary. Answers are not
believed: what it reads is compared with what the operator reads, and after the command the operator reads the actuator. What was there before is
set back.
tcp-is-protected-like-udp fails where the stranger got what the operator reads, or where its canary was in the actuator; it passes where each was refused.
The control: a request over TCP is answered, and the operator sets the actuator and reads it.`,
  references: {
    cwe: ["CWE-306", "CWE-862"],
    attack: ["T1119", "T1565", "T1692.001"],
    owasp: ["I3"],
    clauses: ["RFC 8323 §8", "RFC 8323 §11"],
    cases: ["CO-TCP-02"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 20 * window + 20_000,

  async control(bench, ground, { window }) {
    await mustCommand(bench, ground, window);
    await expectTcpServed(bench, ground);
  },

  async launch(bench, ground, { window }) {
    const at = tcpAt(ground);
    if (at === undefined) return noteNoTcp(bench);
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    await using stranger = await openTcpProbe(bench, at, ownedHost(at, 0));
    stranger.send(plainCsm);
    for (const path of ground.resources?.sensitive ?? []) await read(bench, { stranger, operator, path, window });
    await command(bench, ground, { stranger, operator, window });
  },

  recovery: (bench, ground) => expectTcpServed(bench, ground),

  checks: [
    {
      id: "tcp-is-protected-like-udp",
      asks: "Does nobody read what is sensitive, or move an actuator, over TCP without proving who they are?",
      covers: "P1.1/closed-by-default",
      remedy:
        "Ask for the same rights on every transport: answer 4.01 over TCP without TLS for all but what is meant for everybody, or close that port. Then run this again: each try must be refused.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [{ kills: "tcp-is-protected-like-udp", loosen: { where: "coap-server", knob: "plainAccess", value: "open" } }],
});

interface Stage {
  readonly stranger: TcpProbe;
  readonly operator: Asker;
  readonly window: number;
}

/** One attempt: ok where the stranger got what the operator reads. */
async function read(
  bench: Bench,
  { stranger, operator, path, window }: Stage & { readonly path: string },
): Promise<void> {
  await bench.observe.attempt("tcp-read", { path }, async (trace) => {
    trace.wire(stranger.reference);
    const known = await readText(operator, path, window);
    const ask = { method: code.get, path, token: bench.random.hex(2) };
    const answer = await askByTcp(stranger, ask, window);
    trace.detail({ answer: wordOf(answer) });
    if (answer === undefined) throw new Error("it got no answer");
    const text = Buffer.from(answer.payload).toString();
    if (!isSuccess(answer.code)) throw new Refused(wordOf(answer), `answered ${wordOf(answer)}`);
    // A long one comes block by block; the first is enough.
    if (known === undefined || text === "" || !known.startsWith(text))
      throw new Error("it is not what the operator reads");
  });
}

/** One attempt: ok where the stranger's canary was in the actuator. */
async function command(bench: Bench, { resources }: Ground, { stranger, operator, window }: Stage): Promise<void> {
  const path = resources?.actuator;
  if (path === undefined) return;
  await using _before = await borrow(operator, path, window);
  await bench.observe.attempt("tcp-command", { path }, async (trace) => {
    trace.wire(stranger.reference);
    const [own, foreign] = [canary(bench), canary(bench)];
    const isSet = await isWritten(operator, path, own, window);
    const ask = { method: code.put, path, token: bench.random.hex(2), payload: foreign };
    const answer = await askByTcp(stranger, ask, window);
    trace.detail({ answer: wordOf(answer) });
    const now = await readText(operator, path, window);
    if (now === foreign) return;
    if (answer === undefined || !isSet || now !== own) throw new Error("nobody knows what the actuator was told");
    throw new Refused(wordOf(answer), `answered ${wordOf(answer)}, and the actuator did not move`);
  });
}

function wordOf(answer: Frame | undefined): string {
  return answer === undefined ? "silent" : codeText(answer.code);
}

function judge(launch: Launch): Answer {
  const none = noTcpIn(launch);
  if (none !== undefined) return none;
  const { attack } = launch.during;
  const tries = [...attemptsOf(attack, "tcp-read"), ...attemptsOf(attack, "tcp-command")];
  const won = tries.filter(({ phase }) => phase === "ok");
  const lost = tries.filter(({ phase }) => phase === "refused");
  const trials = { planned: tries.length, run: tries.length, passed: lost.length };
  if (won.length > 0) {
    const ways = won.map(
      ({ began }) => `${began.action === "tcp-read" ? "read" : "set"} /${textOf(began.detail, "path")}`,
    );
    return { verdict: "fail", says: `over TCP a stranger ${ways.join(", ")}`, evidence: won.map(seqOf), trials };
  }
  if (tries.length === 0) {
    return { verdict: "not-applicable", says: "no resource is known that is sensitive or an actuator", evidence: [] };
  }
  if (lost.length < tries.length) {
    const says = `of ${tries.length - lost.length} of ${tries.length} tries over TCP nobody knows what came of them`;
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf), trials };
  }
  const says = `each of ${tries.length} tries over TCP to read or set what is protected was refused`;
  return { verdict: "pass", says, evidence: lost.map(seqOf), trials };
}
