import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, numberOf, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { baseMessageBytes, frameHead, isFrame, signalCode } from "#simulator/coap/tcp-framing.ts";
import { honestPath } from "./parts/serving.ts";
import {
  announcedBytes,
  criticalCsmOption,
  hasEnded,
  openTcpProbe,
  plainCsm,
  requestFrame,
  responseIn,
  type TcpProbe,
} from "./parts/tcp-probe.ts";
import { expectTcpServed, noTcpIn, noteNoTcp, tcpAnswerWithinMs, tcpAt } from "./parts/tcp-serving.ts";

const id = "coap.tcp-framing";

/** What breaks a rule, and what shows that the server lets it pass. */
interface Flaw {
  readonly id: string;
  readonly what: string;
  readonly clause: string;
  /** Whether a CSM goes before it. */
  readonly introduces: boolean;
  /** Sends it. */
  send(probe: TcpProbe, ground: Ground): void;
  /** `answered`: only a response counts against the server. `waiting`: so does that it waits for the rest. */
  readonly letPass: "answered" | "waiting";
}

const pongWithinMs = 300;
const greatestLength = 65_805 + 0xffff_ffff;

const flaws: readonly Flaw[] = [
  {
    id: "request-first",
    what: "a request before the CSM",
    clause: "RFC 8323 §5.3",
    introduces: false,
    send: (probe, ground) => probe.send(requestFrame(code.get, honestPath(ground), "flaw")),
    letPass: "answered",
  },
  {
    id: "four-gigabytes",
    what: "a message that says it has 4 GiB",
    clause: "RFC 8323 §5.3.1",
    introduces: true,
    send: (probe) => probe.send(frameHead(code.post, 0, greatestLength)),
    letPass: "waiting",
  },
  {
    id: "over-the-limit",
    what: "a message one byte longer than the server says it takes",
    clause: "RFC 8323 §5.3.1",
    introduces: true,
    send: (probe) => probe.send(frameHead(code.post, 0, (announcedBytes(probe) ?? baseMessageBytes) + 1)),
    letPass: "waiting",
  },
  {
    id: "token-length",
    what: "a request with the reserved token length 9",
    clause: "RFC 8323 §3.2",
    introduces: true,
    send: (probe) => probe.send(Buffer.concat([frameHead(code.get, 9, 0), Buffer.alloc(9, "t")])),
    letPass: "waiting",
  },
  {
    id: "critical-setting",
    what: "a CSM with a critical option that nobody knows",
    clause: "RFC 8323 §5.2",
    introduces: false,
    send: (probe, ground) => {
      probe.send({ ...plainCsm, options: [criticalCsmOption] });
      probe.send(requestFrame(code.get, honestPath(ground), "flaw"));
    },
    letPass: "answered",
  },
];

export const tcpFraming = defineAttack({
  id,
  title: "Break the rules of CoAP over TCP",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `Opens a TCP connection for each of ${flaws.length} flaws: a request before the CSM, a message that says it has 4 GiB, one that is a byte longer than
the server says it takes, a reserved token length, a CSM with an unknown critical option. A Ping on a connection of its own must be
answered, and an ordinary request, too.
tcp-frames-are-checked passes where each ended the connection, by Abort or without a word, or was ignored, so that a Ping behind it is answered. It
fails where a request was answered that must not be, or where the server still waits after closeWithin for the rest of what it must not take.`,
  references: {
    cwe: ["CWE-20", "CWE-770", "CWE-1284"],
    attack: ["T1499.004"],
    owasp: ["I5"],
    clauses: ["RFC 8323 §3.2", "RFC 8323 §5.2", "RFC 8323 §5.3", "RFC 8323 §5.6"],
    cases: ["CO-TCP-01"],
  },
  parameters: z.strictObject({
    closeWithin: duration({ atLeast: "100ms", atMost: "30s" })
      .prefault("2s")
      .describe("when a connection that broke a rule must be over"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ closeWithin }) => closeWithin + 40_000,

  control: (bench, ground) => expectTcpServed(bench, ground),

  async launch(bench, ground, { closeWithin }) {
    const at = tcpAt(ground);
    if (at === undefined) return noteNoTcp(bench);
    await pingPong(bench, at);
    await Promise.all(flaws.map((flaw) => provoke(bench, ground, at, flaw, closeWithin)));
  },

  recovery: (bench, ground) => expectTcpServed(bench, ground),

  checks: [
    {
      id: "tcp-frames-are-checked",
      asks: "Does the server end TCP connections that break the rules of CoAP?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Send Abort and close where a CSM is missing, a message is longer than Max-Message-Size, a length is reserved or a critical option is unknown, before memory is laid by. Then run this again: each of these connections must be over in time.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "tcp-frames-are-checked",
      loosen: { where: "coap-server", knob: "tcpFraming", value: "lenient" },
      parameters: { closeWithin: "300ms" },
    },
  ],
});

async function pingPong(bench: Bench, at: LabAddress): Promise<void> {
  await using probe = await openTcpProbe(bench, at);
  await bench.observe.attempt("ping", {}, async (trace) => {
    trace.wire(probe.reference);
    probe.send(plainCsm);
    if (!(await answersPing(probe, tcpAnswerWithinMs))) throw new Error("a Ping got no Pong");
  });
}

async function answersPing(probe: TcpProbe, withinMs: number): Promise<boolean> {
  probe.send({ ...plainCsm, code: signalCode.ping });
  const isPong = () => probe.heard.some((each) => isFrame(each) && each.code === signalCode.pong);
  return (await probe.until(() => isPong() || hasEnded(probe), withinMs)) && isPong();
}

/** `ignored` where the server goes on with what follows, `waiting` where it takes that for the rest of the message. */
async function stateOf(probe: TcpProbe): Promise<"ended" | "ignored" | "waiting"> {
  if (hasEnded(probe)) return "ended";
  if (await answersPing(probe, pongWithinMs)) return "ignored";
  return hasEnded(probe) ? "ended" : "waiting";
}

/** One attempt: ok where the server let it pass, refused where it ended the connection or left a request unanswered. */
async function provoke(bench: Bench, ground: Ground, at: LabAddress, flaw: Flaw, closeWithinMs: number): Promise<void> {
  const { id: name, what, clause, introduces, letPass } = flaw;
  await using probe = await openTcpProbe(bench, at);
  await bench.observe.attempt("frame", { id: name, what, clause }, async (trace) => {
    trace.wire(probe.reference);
    if (introduces) probe.send(plainCsm);
    // What the server takes stands in its CSM.
    if (introduces) await probe.until(() => announcedBytes(probe) !== undefined, closeWithinMs / 2);
    flaw.send(probe, ground);
    const answer = () => responseIn(probe, "flaw");
    await probe.until(() => hasEnded(probe) || answer() !== undefined, closeWithinMs);
    const answered = answer();
    const how = answered !== undefined ? codeText(answered.code) : await stateOf(probe);
    // What was not waited for to the end says nothing.
    bench.signal.throwIfAborted();
    trace.detail({ how, announced: announcedBytes(probe) ?? 0 });
    if (answered !== undefined || (how === "waiting" && letPass === "waiting")) return;
    throw new Refused(how, how === "ended" ? "the server ended the connection" : "nothing came of it");
  });
}

function judge(launch: Launch): Answer {
  const none = noTcpIn(launch);
  if (none !== undefined) return none;
  const tries = attemptsOf(launch.during.attack, "frame");
  const [ping] = attemptsOf(launch.during.attack, "ping");
  const passed = tries.filter(({ phase }) => phase === "ok");
  const ended = tries.filter(({ phase }) => phase === "refused");
  const trials = { planned: flaws.length, run: tries.length, passed: ended.length };
  if (passed.length > 0) {
    const says = `${passed.length} of ${tries.length} connections that broke a rule were let go on: ${passed.map(inWords).join("; ")}`;
    return { verdict: "fail", says, evidence: passed.map(seqOf), trials };
  }
  if (ended.length < flaws.length || ping?.phase !== "ok") {
    const says = "a Ping was not answered, or not every connection could be made";
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf), trials };
  }
  const longest = Math.max(...tries.map((one) => numberOf(foundIn(one), "announced") ?? 0));
  const says = `each of ${ended.length} flaws ended its connection or was ignored, a Ping was answered; the server says it takes messages of ${longest} bytes`;
  return { verdict: "pass", says, evidence: [seqOf(ping), ...ended.map(seqOf)], trials };
}

function inWords(one: Attempted): string {
  const how = textOf(foundIn(one), "how");
  return `${textOf(one.began.detail, "what")} (${how === "waiting" ? "the server waits for the rest" : `answered ${how}`})`;
}
