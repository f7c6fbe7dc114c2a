import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, seqOf, textOf } from "#contract/detail.ts";
import { LabError, Refused } from "#contract/errors.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { encodeFrame } from "#simulator/coap/tcp-framing.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { hasEnded, openTcpProbe, plainCsm, requestFrame, type TcpProbe } from "./parts/tcp-probe.ts";
import { expectTcpServed, noTcpIn, noteNoTcp, tcpAt } from "./parts/tcp-serving.ts";

const id = "coap.tcp-slow";
const dripEveryMs = 250;

/** What each kind of connection says, and no more. */
const kinds = [
  { kind: "silent", what: "no word at all" },
  { kind: "half", what: "a CSM and half a request" },
  { kind: "drip", what: "a CSM and a request, a byte every 250 ms" },
] as const;
type Kind = (typeof kinds)[number]["kind"];

/** Long enough that it does not come to its end within any time that may be asked for. */
const longRequest = encodeFrame(requestFrame(code.put, "drip", "slow", "x".repeat(1_000)));

export const tcpSlow = defineAttack({
  id,
  title: "Hold TCP connections with requests that do not get on",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `Opens 60 TCP connections for CoAP from one address, a third of each kind: one that says nothing, one that sends its CSM and half a request, one that sends a
request byte by byte, four a second. It watches them for dropWithin, 10 s. Never more connections than the scope allows.
slow-tcp-connections-are-dropped passes where every one was ended by then, be it that it was not taken in the first place; it fails
where some of a kind were still open.
The control: a request over TCP is answered.`,
  references: {
    cwe: ["CWE-400", "CWE-770"],
    attack: ["T1499.002", "T1499.003"],
    owasp: ["I2"],
    clauses: ["RFC 8323 §5.3", "RFC 8323 §5.6"],
    cases: ["CO-TCP-01"],
  },
  parameters: z.strictObject({
    connections: count({ atLeast: 3, atMost: 2_000 }).default(60).describe("connections to open"),
    dropWithin: duration({ atLeast: "500ms", atMost: "120s" }).prefault("10s").describe("when each must be over"),
  }),
  needs: [],
  strains: true,
  wantsFreshTarget: true,
  atMostMs: ({ dropWithin }) => dropWithin + 40_000,

  control: (bench, ground) => expectTcpServed(bench, ground),

  async launch(bench, ground, { connections, dropWithin }) {
    const at = tcpAt(ground);
    if (at === undefined) return noteNoTcp(bench);
    const each = Math.max(1, Math.floor(Math.min(connections, at.maxConnections - 1) / kinds.length));
    await Promise.all(kinds.map(({ kind, what }) => hold(bench, at, { kind, what, each, dropWithinMs: dropWithin })));
  },

  recovery: (bench, ground) => expectTcpServed(bench, ground),

  checks: [
    {
      id: "slow-tcp-connections-are-dropped",
      asks: "Does the server end TCP connections whose requests do not get on?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Set deadlines for the CSM and for a message that has begun, which each new byte does not extend, and limit the connections of one address. Then run this again: all of them must be over in time.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "slow-tcp-connections-are-dropped",
      loosen: { where: "coap-server", knob: "tcpFraming", value: "lenient" },
      parameters: { connections: 9, dropWithin: "3500ms" },
    },
  ],
});

interface Holding {
  readonly kind: Kind;
  readonly what: string;
  readonly each: number;
  readonly dropWithinMs: number;
}

/** One attempt for each kind: ok where some were still open at the end, refused where the server had ended all. */
async function hold(bench: Bench, at: LabAddress, { kind, what, each, dropWithinMs }: Holding): Promise<void> {
  await bench.observe.attempt("held", { kind, what, each, dropWithinMs }, async (trace) => {
    const opened = await openAll(bench, at, each);
    await using all = new AsyncDisposableStack();
    for (const probe of opened) all.use(probe);
    const [first] = opened;
    if (first) trace.wire(first.reference);
    const beganMs = bench.clock.nowMs();
    for (const probe of opened) begin(probe, kind);
    let lastMs = 0;
    for (let n = 0; isAnyOpen(opened) && bench.clock.nowMs() - beganMs < dropWithinMs; n += 1) {
      bench.signal.throwIfAborted();
      if (kind === "drip") for (const probe of opened) probe.send(longRequest.subarray(n, n + 1));
      await bench.clock.sleep(Math.min(dripEveryMs, dropWithinMs), bench.signal);
      if (isAnyOpen(opened)) lastMs = bench.clock.nowMs() - beganMs;
    }
    bench.signal.throwIfAborted();
    const open = opened.filter((probe) => !hasEnded(probe)).length;
    trace.detail({ opened: opened.length, open, lastMs });
    if (open > 0) return;
    throw new Refused("ended", "the server had ended all of them");
  });
}

/** Those that were taken; a server that takes no more has ended the others already. */
async function openAll(bench: Bench, at: LabAddress, wanted: number): Promise<readonly TcpProbe[]> {
  const tried = await Promise.allSettled(
    Array.from({ length: wanted }, () => openTcpProbe(bench, at, ownedHost(at, 0))),
  );
  for (const one of tried) if (one.status === "rejected" && one.reason instanceof LabError) throw one.reason;
  return tried.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

function begin(probe: TcpProbe, kind: Kind): void {
  if (kind === "silent") return;
  probe.send(plainCsm);
  if (kind === "half") probe.send(longRequest.subarray(0, longRequest.length / 2));
}

function isAnyOpen(probes: readonly TcpProbe[]): boolean {
  return probes.some((probe) => !hasEnded(probe));
}

function judge(launch: Launch): Answer {
  const none = noTcpIn(launch);
  if (none !== undefined) return none;
  const tries = attemptsOf(launch.during.attack, "held");
  const kept = tries.filter(({ phase }) => phase === "ok");
  const ended = tries.filter(({ phase }) => phase === "refused");
  if (kept.length > 0) {
    const says = `connections were still open at the end: ${kept.map(sayKept).join("; ")}`;
    return { verdict: "fail", says, evidence: kept.map(seqOf) };
  }
  if (ended.length < kinds.length) {
    const says = "not every kind of connection was watched to its end";
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf) };
  }
  return { verdict: "pass", says: ended.map(sayEnded).join("; "), evidence: ended.map(seqOf) };
}

function sayKept(one: Attempted): string {
  const found = foundIn(one);
  const seconds = Number(textOf(one.began.detail, "dropWithinMs")) / 1_000;
  return `${textOf(found, "open")} of ${textOf(found, "opened")} with ${textOf(one.began.detail, "what")} after ${seconds} s`;
}

function sayEnded(one: Attempted): string {
  const found = foundIn(one);
  const seconds = (Number(textOf(found, "lastMs")) / 1_000).toFixed(1);
  return `${textOf(found, "opened")} with ${textOf(one.began.detail, "what")} were over after ${seconds} s`;
}
