import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, numberOf, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { option, optionNumber } from "#simulator/coap/option.ts";
import { openStranger, plainAt } from "./parts/access-asker.ts";
import { judgePursuits, withAftermath } from "./parts/access-judging.ts";
import { askPatiently } from "./parts/access-patience.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { saysNo } from "./parts/access-reply.ts";
import { mustServe } from "./parts/access-serving.ts";
import { dtlsWay, innerWays, type KnownPort, openServers, outerWays, portsOf, type Way } from "./parts/proxy-ways.ts";

const id = "coap.open-proxy";

export const openProxy = defineAttack({
  id,
  title: "Have the server ask others on one's behalf",
  speaks: "coap",
  severity: "critical",
  layer: "network",
  explains: `A stranger asks the server, as if it were a forward proxy, for a resource of a server that the attack has opened: by
Proxy-Uri and by Proxy-Scheme, with coap, coaps, coap+tcp and http; and for what only the proxy's own machine can reach:
a second loopback address, other spellings of loopback, a file. Nothing is asked for beyond loopback where the target is
there. Answers are not believed: what counts is whether the attack's own server was asked.
strangers-cannot-proxy fails where it was asked from the outside address, inner-network-is-out-of-reach where it was
reached by an inner one. ports-cannot-be-told-apart asks for a port that answers, one that is silent and one that is
closed: it fails where the answers, or the times that they take, tell which is which.
The control: a rightful client is served.`,
  references: {
    cwe: ["CWE-441", "CWE-918", "CWE-203"],
    attack: ["T1090", "T1190", "T1046", "T0884", "T0886"],
    owasp: ["I3", "I2"],
    clauses: ["RFC 7252 §5.7", "RFC 7252 §5.10.2", "RFC 7252 §11.2"],
    cases: ["CO-PRX-01", "CO-PRX-02"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 12 * window + 10_000,

  control: (bench, ground, { window }) => mustServe(bench, ground, window),

  async launch(bench, ground, { window }) {
    const at = plainAt(ground);
    if (at === undefined) return;
    await using opened = new AsyncDisposableStack();
    const secret = canary(bench);
    const servers = await openServers(bench, at, secret, opened);
    // Where target and attack are one machine, a server of the attack that was not asked was not reached.
    const isSameHost = at.host.startsWith("127.") && ground.facts.image === undefined;
    const stage = { bench, at, secret, isSameHost, withinMs: window };
    await Promise.all([
      ...outerWays(servers).map((way) => lead(stage, "proxy", way)),
      ...innerWays(servers).map((way) => lead(stage, "reach", way)),
      ...portsOf(servers).map((port) => askPort(stage, port)),
    ]);
    await lead(stage, "proxy", dtlsWay(servers));
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "strangers-cannot-proxy",
      asks: "Does the server ask no other server for strangers?",
      covers: "P6.2/not-an-attack-platform",
      remedy:
        "Answer 5.05 to Proxy-Uri and Proxy-Scheme, unless the device is meant to be a proxy; then forward only for authenticated clients, and only to the servers on a list. Then run this again: the attack's server must not be asked.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeProxying),
    },
    {
      id: "inner-network-is-out-of-reach",
      asks: "Does nobody reach, through the server, what only the server itself can reach?",
      covers: "P6.2/traffic-within-intent",
      remedy:
        "Resolve the host of a proxied request once, compare the address with a list of what may be asked, and refuse loopback, link-local and inner addresses in every spelling, and every scheme but coap and coaps. Then run this again: no inner server may be asked.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeReach),
    },
    {
      id: "ports-cannot-be-told-apart",
      asks: "Does what the server answers to a proxied request tell nothing about which ports are open?",
      covers: "P3.3/one-layer-removed",
      remedy:
        "Refuse a proxied request before anything is asked, with the same code whatever it names. Then run this again: an open, a silent and a closed port must get the same answer in the same time.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgePorts),
    },
  ],
  twins: [
    {
      kills: "strangers-cannot-proxy",
      loosen: { where: "coap-server", knob: "proxy", value: "open" },
      parameters: { window: "150ms" },
    },
    {
      kills: "inner-network-is-out-of-reach",
      loosen: { where: "coap-server", knob: "proxy", value: "open" },
      parameters: { window: "150ms" },
    },
    {
      kills: "ports-cannot-be-told-apart",
      loosen: { where: "coap-server", knob: "proxy", value: "open" },
      parameters: { window: "150ms" },
    },
  ],
});

interface Stage {
  readonly bench: Bench;
  readonly at: LabAddress;
  readonly secret: string;
  readonly isSameHost: boolean;
  readonly withinMs: number;
}

/** What a proxy answers that could not pass a request on (RFC 7252 §5.9.3). */
const triedInVain = new Set<number>([code.badGateway, code.gatewayTimeout]);

async function lead(stage: Stage, goal: string, way: Way): Promise<void> {
  const { bench, at, secret, isSameHost, withinMs } = stage;
  const path = bench.random.hex(8);
  await using stranger = await openStranger(bench, at);
  const order = { code: code.get, options: way.options(path) };
  await pursue(bench, stranger, { goal, how: way.how, path: "" }, order, {
    withinMs,
    reached: (reply) => {
      if (way.isHit(path) || reply?.payload.includes(secret) === true) return true;
      if (reply === undefined) return undefined;
      if (isSuccess(reply.code) || saysNo(reply)) return false;
      return isSameHost && triedInVain.has(reply.code) ? false : undefined;
    },
  });
}

/** One proxied request to a port of this kind, and how it was answered. */
async function askPort({ bench, at, withinMs }: Stage, { kind, where }: KnownPort): Promise<void> {
  const options = [option(optionNumber.proxyUri, `${where}/${bench.random.hex(8)}`)];
  await using stranger = await openStranger(bench, at);
  await bench.observe.attempt("port", { kind, where }, async (trace) => {
    trace.wire(stranger.reference);
    const { reply, answer, tookMs } = await askPatiently(bench, stranger, { code: code.get, options }, withinMs);
    trace.detail({ answer, tookMs });
    if (reply === undefined) throw new Error(`no answer within ${withinMs} ms`);
    if (saysNo(reply)) throw new Refused(answer, `answered ${answer}`);
  });
}

function judgeProxying(run: Launch): Answer {
  const answer = judgePursuits(pursuitsOf(run.during.attack, ["proxy"]), {
    did: "the server asked another for a stranger",
    held: "requests to other servers were not passed on",
    untried: "no address without DTLS is known",
  });
  return withAftermath(answer, run);
}

function judgeReach({ during }: Launch): Answer {
  return judgePursuits(pursuitsOf(during.attack, ["reach"]), {
    did: "an inner server was reached through this one",
    held: "ways to an inner server led nowhere",
    untried: "no address without DTLS is known",
  });
}

/** Answers that take so much longer than others are told apart by who listens for it, milliseconds. */
const noticeableMs = 300;

function judgePorts({ during: { attack } }: Launch): Answer {
  const asked = attemptsOf(attack, "port").map((one) => ({
    kind: textOf(one.began.detail, "kind"),
    answer: textOf(foundIn(one), "answer"),
    tookMs: numberOf(foundIn(one), "tookMs") ?? 0,
    seq: seqOf(one),
  }));
  const evidence = asked.map(({ seq }) => seq);
  if (asked.length === 0) return { verdict: "not-tested", says: "no address without DTLS is known", evidence };
  const told = asked.map(
    ({ kind, answer, tookMs }) => `${kind}: ${answer === "" ? "nothing" : answer} after ${tookMs} ms`,
  );
  const answers = new Set(asked.map(({ answer }) => answer));
  const isOpen = asked.some(({ answer }) => answer.startsWith("2."));
  const times = asked.map(({ tookMs }) => tookMs);
  const differsByTime = Math.max(...times) - Math.min(...times) > noticeableMs;
  if (answers.size > 1 && (isOpen || !answers.has(""))) {
    return { verdict: "fail", says: `ports were told apart by the answer (${told.join("; ")})`, evidence };
  }
  if (answers.has("")) {
    return { verdict: "inconclusive", says: `not every port got an answer (${told.join("; ")})`, evidence };
  }
  if (differsByTime) {
    return { verdict: "fail", says: `ports were told apart by the time (${told.join("; ")})`, evidence };
  }
  const says = `an open, a silent and a closed port got the same answer, ${[...answers].join()}, within ${Math.max(...times)} ms`;
  return { verdict: "pass", says, evidence };
}
