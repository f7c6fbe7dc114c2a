import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { encode, messageType } from "#simulator/coap/message.ts";
import type { RecordedPort } from "#simulator/udp/recorded-port.ts";
import { callerOf, callWithinMs, expectCalls, hasTaken } from "./parts/caller-serving.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { callKey, ownDtlsServerOn } from "./parts/own-dtls-server.ts";
import { type Asked, openOwnPort, ownAddress, ownServerOn, replyTo } from "./parts/own-server.ts";

const id = "coap.response-injection";
/** Answers with guessed tokens that are sent together, so that a small device does not lose them. */
const together = 32;
const pauseMs = 5;

export const responseInjection = defineAttack({
  id,
  title: "Answer a device's requests in place of its server",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `The device calls a server of ours, four times. Each time its first request is first answered falsely, with a payload that
can be told from every other: from another port with the right token and message id; in clear, while the request came in a
DTLS session; from the right address, as if forged, with all 256 tokens of one byte; and with an empty token. Then the
server answers genuinely.
answers-of-others-are-dropped and blind-answers-are-dropped fail where the device took a false answer for genuine, and pass
where it took the genuine one in every case.
The control: the device takes the answer of an honest server, and an honest client is served beside it.`,
  references: {
    cwe: ["CWE-346", "CWE-940", "CWE-345"],
    attack: ["T1557", "T1692.002"],
    owasp: ["I7"],
    clauses: ["RFC 7252 §5.3.1", "RFC 7252 §5.3.2", "RFC 7252 §9.1.2"],
    cases: ["CO-SPF-03", "CO-DTLS-06"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "20ms", atMost: "5s" })
      .prefault("100ms")
      .describe("how long a false answer is left alone before the genuine one goes out"),
  }),
  needs: [],
  needsCaller: true,
  strains: false,
  atMostMs: ({ window }) => injections.length * (window + 3 * callWithinMs) + 20_000,

  control: (bench, ground) => expectCalls(bench, ground, "before the attack"),

  async launch(bench, ground, { window }) {
    for (const each of injections) await tryInjection(bench, ground, each, window);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectCalls(bench, ground, "after the attack"),

  checks: [
    {
      id: "answers-of-others-are-dropped",
      asks: "Does the device drop answers that do not come from the endpoint, or the DTLS session, that it asked?",
      covers: "P3.1/peer-verification",
      remedy:
        "Match a response by address, port and security association as well as by its token (RFC 7252 §5.3.2), or connect the socket. Then run this again: only the genuine answers may be taken.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, (launch) => judge(launch, ["from another port", "in clear beside DTLS"])),
    },
    {
      id: "blind-answers-are-dropped",
      asks: "Does the device drop answers whose sender could only guess the token?",
      covers: "P3.1/peer-verification",
      remedy:
        "Give every request a random token of at least four bytes (RFC 7252 §5.3.1), or use DTLS. Then run this again: none of 257 guesses may be taken.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, (launch) => judge(launch, ["with a guessed token", "with an empty token"])),
    },
  ],
  twins: [
    {
      kills: "answers-of-others-are-dropped",
      loosen: { where: "coap-server", knob: "callerMatching", value: "token-only" },
    },
    { kills: "blind-answers-are-dropped", loosen: { where: "coap-server", knob: "callerTokens", value: "short" } },
  ],
});

const hows = ["from another port", "in clear beside DTLS", "with a guessed token", "with an empty token"] as const;
type How = (typeof hows)[number];

interface Injection {
  readonly how: How;
  readonly scheme: "coap" | "coaps";
  /** Sends false answers. @param port the server's own socket, below DTLS. */
  readonly inject: (bench: Bench, asked: Asked, port: RecordedPort, payload: Buffer) => Promise<void>;
}

const injections: readonly Injection[] = [
  { how: "from another port", scheme: "coap", inject: answerElsewhere },
  {
    how: "in clear beside DTLS",
    scheme: "coaps",
    inject: async (_, { message, from }, port, payload) => port.send(encode({ ...replyTo(message), payload }), from),
  },
  { how: "with a guessed token", scheme: "coap", inject: guessTokens },
  {
    how: "with an empty token",
    scheme: "coap",
    inject: async (bench, asked, port, payload) => answerBlindly(bench, asked, port, Buffer.alloc(0), payload),
  },
];

async function answerElsewhere(bench: Bench, { message, from }: Asked, _: RecordedPort, payload: Buffer) {
  const elsewhere = await openOwnPort(bench);
  elsewhere.send(encode({ ...replyTo(message), payload }), from);
  await elsewhere.close();
}

async function guessTokens(bench: Bench, asked: Asked, port: RecordedPort, payload: Buffer): Promise<void> {
  for (let token = 0; token < 256; token += 1) {
    if (token % together === 0) await bench.clock.sleep(pauseMs, bench.signal);
    answerBlindly(bench, asked, port, Buffer.of(token), payload);
  }
}

/** Who has not seen the request knows no message id either, so this is a NON. */
function answerBlindly(bench: Bench, { message, from }: Asked, port: RecordedPort, token: Buffer, payload: Buffer) {
  const messageId = bench.random.integer(0, 0x1_0000);
  port.send(encode({ ...replyTo(message), type: messageType.non, messageId, token, payload }), from);
}

async function tryInjection(bench: Bench, ground: Ground, way: Injection, windowMs: number): Promise<void> {
  const { how, scheme, inject } = way;
  const port = await openOwnPort(bench);
  const as = callKey(bench);
  await using server = scheme === "coap" ? ownServerOn(bench, port) : ownDtlsServerOn(bench, port, as);
  const at = ownAddress(ground, port.local, scheme);
  await using calling = await callerOf(ground).call({ at, as, does: "read", path: "state" });
  await server.until(() => server.asked.length > 0, callWithinMs);
  const [asked] = server.asked;
  if (asked === undefined) return void bench.observe.note("answer", { how, taken: "nothing", asked: false });
  const [forged, genuine] = [canary(bench), canary(bench)];
  await inject(bench, asked, port, Buffer.from(forged));
  await bench.clock.sleep(windowMs, bench.signal);
  server.answer(asked, { payload: Buffer.from(genuine) });
  await hasTaken(bench, calling, (taken) => taken.includes(forged) || taken.includes(genuine), callWithinMs);
  const has = (payload: string) => calling.taken().some((taken) => taken.includes(payload));
  const taken = has(forged) ? "false" : has(genuine) ? "genuine" : "nothing";
  bench.observe.note("answer", { how, taken, asked: true }, port.reference(asked.from));
}

const shape = z.object({ how: z.enum(hows), taken: z.enum(["false", "genuine", "nothing"]), asked: z.boolean() });

function judge({ during: { attack } }: Launch, asked: readonly How[]): Answer {
  const tried = notedAs(attack, "answer", shape).filter(({ facts: { how } }) => asked.includes(how));
  const taken = tried.filter(({ facts }) => facts.taken === "false");
  const genuine = tried.filter(({ facts }) => facts.taken === "genuine");
  const trials = { planned: asked.length, run: tried.length, passed: genuine.length };
  if (taken.length > 0) {
    const says = `the device took a false answer for genuine: ${taken.map(({ facts: { how } }) => how).join(", ")}`;
    return { verdict: "fail", says, evidence: seqsOf(taken), trials };
  }
  if (genuine.length < asked.length) {
    const says = `the device took neither answer in ${asked.length - genuine.length} of ${asked.length} cases`;
    return { verdict: "inconclusive", says, evidence: seqsOf(tried), trials };
  }
  const says = `the device took the genuine answer after a false one ${asked.join(", and after one ")}`;
  return { verdict: "pass", says, evidence: seqsOf(tried), trials };
}
