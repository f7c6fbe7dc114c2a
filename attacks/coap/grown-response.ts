import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf, textOf } from "#contract/detail.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { encode, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { openStranger } from "./parts/access-asker.ts";
import { allowedFactor, amplificationOf, amplifies, sayAmplification } from "./parts/amplification.ts";
import { grow, waysOf, writtenBytes } from "./parts/growing.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { plainListener } from "./parts/plain-listener.ts";
import { expectServed, wellKnownCore } from "./parts/serving.ts";

const id = "coap.grown-response";

export const grownResponse = defineAttack({
  id,
  title: "Make the server's answers longer first, and then have them sent to a victim",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `Measures what a GET for /.well-known/core, and for the lookups of a resource directory, brings a victim of a forged
address, as coap.reflection does. A stranger then makes resources: by PUT of ${writtenBytes} bytes below the path where resources
can be made, and by registering endpoints with long names at the directory, 20 of each. The same GETs, and one for what
it wrote, are measured again. What was made is deleted in the end.
strangers-cannot-grow-answers fails where an answer grew and then brought a victim more than ${allowedFactor} times what was sent in
its name, at Ethernet. It passes where every making was refused, or where the answers stayed within that.
The control: an honest client is served.`,
  references: {
    cwe: ["CWE-405"],
    attack: ["T1498.002"],
    owasp: ["I2"],
    clauses: ["RFC 7252 §11.3", "RFC 9175 §2.4", "RFC 9176 §5"],
    cases: ["CO-AMP-02"],
  },
  parameters: z.strictObject({
    resources: count({ atLeast: 1, atMost: 200 }).default(20).describe("resources and registrations to make, each"),
    listens: duration({ atLeast: "100ms", atMost: "10s" }).prefault("500ms").describe("how long a victim counts"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ resources, listens }) => 2 * listens + resources * 1_000 + 30_000,

  async control(bench, ground) {
    plainListener(ground);
    await expectServed(bench, ground, "before the attack");
  },

  async launch(bench, ground, { resources, listens }) {
    const at = plainListener(ground);
    const ways = waysOf(ground.resources, bench.random.hex(2));
    if (ways.length === 0) return;
    const read = [wellKnownCore, ...Object.values(ground.resources?.lookup ?? {})];
    await using stranger = await openStranger(bench, at);
    await using made = new AsyncDisposableStack();
    await measureAll(bench, at, read, "before", listens);
    for (const way of ways) await grow(bench, stranger, way, resources, made);
    const own = ways.flatMap(({ readsBack }) => readsBack ?? []);
    await measureAll(bench, at, [...read, ...own], "after", listens);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "strangers-cannot-grow-answers",
      asks: "Can nobody unknown make the server's answers so long that they serve to flood others?",
      covers: "P6.2/not-an-attack-platform",
      remedy:
        "Let only authenticated clients make resources or register, limit how many, and send addresses that have proven nothing small blocks whatever is listed. Then run this again: no answer that grew may be more than three times its request.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "strangers-cannot-grow-answers",
      loosen: { where: "coap-server", knob: "creation", value: "anyone" },
      parameters: { listens: "200ms" },
      both: { "coap-server": { firstResponse: "whole" } },
    },
  ],
});

/** What a GET of each path brings somebody who never asked. */
async function measureAll(
  bench: Bench,
  at: LabAddress,
  paths: readonly string[],
  when: "before" | "after",
  listensMs: number,
): Promise<void> {
  await Promise.all(
    paths.map(async (path) => {
      await using victim = await openProbe(bench, at);
      const nothing = Buffer.alloc(0);
      const head = { type: messageType.con, code: code.get, messageId: 0x5ea7, token: nothing, payload: nothing };
      const datagram = encode({ ...head, options: pathOptions(path) });
      victim.send(datagram);
      await bench.clock.sleep(listensMs, bench.signal);
      const came = victim.heard.map(({ bytes }) => bytes.length);
      bench.observe.note("measured", { when, path, asked: datagram.length, came }, victim.reference);
    }),
  );
}

const shape = z.object({
  when: z.enum(["before", "after"]),
  path: z.string(),
  asked: z.number(),
  came: z.array(z.number()),
});

function judge({ during: { attack } }: Launch): Answer {
  const tries = attemptsOf(attack, "grow");
  const measured = notedAs(attack, "measured", shape);
  if (tries.length === 0) {
    const says = "no resource is known below which others can be made, and no directory, so nothing was tried";
    return { verdict: "not-tested", says, evidence: [] };
  }
  const sizeBefore = new Map(
    measured.filter(({ facts }) => facts.when === "before").map(({ facts }) => [facts.path, sumOf(facts.came)]),
  );
  const after = measured.filter(({ facts }) => facts.when === "after");
  const grown = after.filter(({ facts: { path, came } }) => sumOf(came) > (sizeBefore.get(path) ?? 0));
  const tooLong = grown.filter(({ facts: { asked, came } }) => amplifies(asked, came));
  if (tooLong.length > 0) {
    const ways = tooLong.map(({ facts: { path, asked, came } }) => {
      const before = sizeBefore.get(path);
      const from = before === undefined ? "" : ` from ${before}`;
      return `/${path}${from} to ${sumOf(came)} bytes for ${asked} (${sayAmplification(amplificationOf(asked, came))})`;
    });
    return { verdict: "fail", says: `a stranger made answers grow: ${ways.join("; ")}`, evidence: seqsOf(tooLong) };
  }
  const evidence = [...tries.map(seqOf), ...seqsOf(after)];
  const unknown = tries.filter(({ phase }) => phase === "unknown");
  if (unknown.length > 0) {
    const says = `whether something was made is not known: ${unknown.map(({ began }) => textOf(began.detail, "how")).join(", ")} had no answer`;
    return { verdict: "inconclusive", says, evidence };
  }
  const refused = tries.filter(({ phase }) => phase === "refused");
  if (refused.length === tries.length) {
    const codes = refused.map(({ ended }) => ended?.error?.code ?? "").join(", ");
    return { verdict: "pass", says: `strangers may make nothing (${codes})`, evidence };
  }
  if (after.every(({ facts }) => facts.came.length === 0)) {
    return { verdict: "inconclusive", says: "something was made, but no answer was measured afterwards", evidence };
  }
  const most = Math.max(...after.map(({ facts: { asked, came } }) => amplificationOf(asked, came).ethernet));
  const says = `a stranger made something, but no answer that grew is more than ${allowedFactor} times its request (${most}× at most, at Ethernet)`;
  return { verdict: "pass", says, evidence };
}

function sumOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
