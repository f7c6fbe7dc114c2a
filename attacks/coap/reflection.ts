import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import type { CoapResources } from "#contract/coap.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { blockOption } from "#simulator/coap/block.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { encode, messageType } from "#simulator/coap/message.ts";
import { type Option, option, optionNumber, pathOptions } from "#simulator/coap/option.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { allowedFactor, amplificationOf, amplifies, harmlessBytes, sayAmplification } from "./parts/amplification.ts";
import { listedPaths } from "./parts/listed-paths.ts";
import { type Noted, notedAs, seqsOf } from "./parts/noted.ts";
import { plainListener } from "./parts/plain-listener.ts";
import { expectServed, wellKnownCore } from "./parts/serving.ts";

const id = "coap.reflection";
/** Between two requests: the shortest way to hear everything without meeting a limit on requests. */
const everyMs = 10;

export const reflection = defineAttack({
  id,
  title: "Make the server send much to somebody who asked for little, or for nothing",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `Sends the shortest datagrams that a server answers, one each: a GET without a token for /.well-known/core, for what is
listed there and for every resource that is known; Block2 of 16, 64 and 1,024 bytes; a ping; one byte of junk; a path
that does not exist; a critical option that nobody knows. Every one comes from a socket that plays a victim whose
address was forged: it never asks again, acknowledges nothing, and counts what it is sent for 2 s. Nothing is forged in
truth: the victims' sockets are the lab's own.
strangers-are-sent-little fails where a victim was sent more than ${allowedFactor} times what was sent in its name, with the headers of
Ethernet, IPv6 and UDP on both sides, as RFC 9175 §2.4 reckons; what is no longer than ${harmlessBytes} bytes is never too long. The
factors at the CoAP layer and at IP, which other sources give, are in its sentence.
The control: an honest client is served.`,
  references: {
    cwe: ["CWE-405", "CWE-406"],
    cve: ["CVE-2019-9750"],
    attack: ["T1498.002", "T0814"],
    owasp: ["I2"],
    clauses: ["RFC 7252 §11.3", "RFC 9175 §2.4", "RFC 9175 §2.6", "RFC 7959 §7.2"],
    cases: ["CO-AMP-01"],
  },
  parameters: z.strictObject({
    paths: count({ atLeast: 1, atMost: 100 }).default(20).describe("paths to ask for, known and listed ones together"),
    listens: duration({ atLeast: "200ms", atMost: "60s" })
      .prefault("2s")
      .describe("how long each victim counts what it is sent"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ paths, listens }) => paths * everyMs + listens + 20_000,

  async control(bench, ground) {
    plainListener(ground);
    await expectServed(bench, ground, "before the attack");
  },

  async launch(bench, ground, { paths, listens }) {
    const at = plainListener(ground);
    const tries = triesFor(await pathsOf(bench, at, ground.resources, paths), ground.resources?.large ?? wellKnownCore);
    const gapMs = Math.max(everyMs, 1_000 / at.maxRatePerSecond);
    await Promise.all(
      tries.map(async (one, n) => {
        await bench.clock.sleep(n * gapMs, bench.signal);
        if (!bench.signal.aborted) await reflect(bench, at, one, listens);
      }),
    );
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "strangers-are-sent-little",
      asks: "Does the server send little to an address that has not shown that it wants anything?",
      covers: "P6.2/not-an-attack-platform",
      remedy:
        "Answer an address that has proven nothing with at most three times what came from it: a first block of 64 bytes, or 4.01 with an Echo option (RFC 9175) that it has to return; keep lists and long representations behind DTLS. Then run this again: every factor at Ethernet must be at most 3.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "strangers-are-sent-little",
      loosen: { where: "coap-server", knob: "firstResponse", value: "whole" },
      parameters: { listens: "300ms" },
    },
  ],
});

/** One datagram, and what it is. */
interface Try {
  readonly request: string;
  readonly datagram: Buffer;
}

/** Known resources first, then what the server lists; what is answered late is another attack. */
async function pathsOf(
  bench: Bench,
  at: LabAddress,
  resources: CoapResources | undefined,
  most: number,
): Promise<readonly string[]> {
  const listed = await listedPaths(bench, at);
  const known = resources === undefined ? [] : knownPaths(resources);
  const slow = resources?.slow?.split("?")[0];
  const all = new Set([wellKnownCore, ...known, ...listed].filter((path) => path.split("?")[0] !== slow));
  return [...all].slice(0, most);
}

function knownPaths(known: CoapResources): readonly string[] {
  const { open, ticking, large, actuator, counter, upload, directory, lookup, sensitive } = known;
  const paths = [large, open, ticking, lookup?.endpoints, lookup?.resources, actuator, counter, upload, directory];
  return [...paths.flatMap((path) => path ?? []), ...sensitive];
}

function triesFor(paths: readonly string[], long: string): readonly Try[] {
  return [
    ...paths.map((path) => get(`GET /${path}`, path)),
    ...[0, 2, 6].map((szx) => get(`GET /${long} in blocks of ${16 << szx} bytes`, long, block(szx))),
    { request: "a ping", datagram: shortest(code.empty, []) },
    { request: "one byte of junk", datagram: Buffer.of(0x40) },
    get("GET of a path that does not exist", "seatrial-nothing-here"),
    get("GET with an unknown critical option", wellKnownCore, [option(65_001, "x")]),
  ];
}

function get(request: string, path: string, more: readonly Option[] = []): Try {
  return { request, datagram: shortest(code.get, [...pathOptions(path), ...more]) };
}

function block(szx: number): readonly Option[] {
  return [blockOption(optionNumber.block2, { number: 0, more: false, szx })];
}

/** Without a token: a server that answers needs none. */
function shortest(asked: number, options: readonly Option[]): Buffer {
  const nothing = Buffer.alloc(0);
  return encode({ type: messageType.con, code: asked, messageId: 0x5ea7, token: nothing, options, payload: nothing });
}

async function reflect(bench: Bench, at: LabAddress, { request, datagram }: Try, listensMs: number) {
  await using victim = await openProbe(bench, at);
  victim.send(datagram);
  await bench.clock.sleep(listensMs, bench.signal);
  const came = victim.heard.map(({ bytes }) => bytes.length);
  const codes = new Set(victim.heard.map(({ message }) => (message ? codeText(message.code) : "no CoAP")));
  const facts = {
    request,
    asked: datagram.length,
    came,
    answers: [...codes],
    ...amplificationOf(datagram.length, came),
  };
  bench.observe.note("reflected", facts, victim.reference);
}

const reflected = z.object({ request: z.string(), asked: z.number(), came: z.array(z.number()) });

function judge({ during: { attack } }: Launch): Answer {
  const seen = notedAs(attack, "reflected", reflected);
  const answered = seen.filter(({ facts }) => facts.came.length > 0);
  const tooMuch = answered.filter(({ facts: { asked, came } }) => amplifies(asked, came));
  const from = tooMuch.length > 0 ? tooMuch : answered;
  const [worst] = from.toSorted((one, other) => factorOf(other).ethernet - factorOf(one).ethernet);
  if (worst === undefined) {
    const says = `none of ${seen.length} requests was answered, so nobody knows what an answer brings`;
    return { verdict: "inconclusive", says, evidence: seqsOf(seen) };
  }
  const passed = seen.length - tooMuch.length;
  const more = `brought a victim more than ${allowedFactor} times what was sent in its name; most of all ${sayOne(worst)}`;
  const share = {
    trials: { planned: seen.length, run: seen.length, passed },
    measure: { kind: "graded", total: seen.length, survived: passed, lost: tooMuch.length } as const,
  };
  if (tooMuch.length > 0) {
    const says = `${tooMuch.length} of ${seen.length} requests ${more}`;
    return { verdict: "fail", says, evidence: seqsOf(tooMuch), ...share };
  }
  return { verdict: "pass", says: `none of ${seen.length} requests ${more}`, evidence: seqsOf(answered), ...share };
}

type Reflected = Noted<z.output<typeof reflected>>;

function factorOf({ facts: { asked, came } }: Reflected) {
  return amplificationOf(asked, came);
}

function sayOne(one: Reflected): string {
  const { request, asked, came } = one.facts;
  const sum = came.reduce((total, bytes) => total + bytes, 0);
  return `${request}: ${sum} bytes for ${asked}, which is ${sayAmplification(factorOf(one))}`;
}
