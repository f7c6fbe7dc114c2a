import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench, Clock } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf, textOf } from "#contract/detail.ts";
import { LabError, Refused } from "#contract/errors.ts";
import { honestTries, honestWaitMs } from "#contract/honest-tries.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { attackerSource, dial } from "#simulator/mqtt/client.ts";
import type { Connection } from "#simulator/mqtt/connection.ts";
import { expectServed, judgeHonestConnects, tryHonestly } from "#simulator/mqtt/honest-tries.ts";

const id = "mqtt.half-open";

const parameters = z.strictObject({
  connections: count({ atLeast: 20, atMost: 2_000 }).default(200).describe("connections to open, of all three kinds"),
  perSecond: count({ atLeast: 10, atMost: 2_000 }).default(500).describe("new connections a second"),
  dropWithin: duration({ atLeast: "1s", atMost: "120s" })
    .prefault("10s")
    .describe("when the broker must have closed a connection whose CONNECT is not complete"),
});

/** Dripped and half-sent ones first, so that a broker that lets in only some is seen with each kind. */
const kinds = ["dripped", "half-sent", "silent"] as const;
type Kind = (typeof kinds)[number];

/** Brokers look at their deadlines every so often; one that closes after 10.3 s has a deadline of 10 s. */
const graceMs = 500;
const dialWithinMs = 5_000;
/** Honest tries soon after the connections were opened; the others come just before the deadline. */
const earlyTries = 8;
const lateTries = honestTries - earlyTries;
/** A CONNECT so long that one byte a second does not complete it within any allowed time. */
const longConnect = Buffer.concat([
  Uint8Array.of(0x10, 0xd4, 0x01),
  Buffer.from("\0\x04MQTT\x04\x02\0\x3c\0\xc8", "latin1"),
  Buffer.from("x".repeat(200)),
]);

export const halfOpen = defineAttack({
  id,
  title: "Hold connections open without ever finishing a connect",
  speaks: "mqtt",
  severity: "high",
  layer: "application",
  explains: `Opens 200 connections and completes the CONNECT on none of them: nine in ten stay silent, one in twenty sends six bytes and
stops, one in twenty sends a byte a second. All are held until the broker closes them, or until dropWithin and ${graceMs / 1_000} s more.
incomplete-connects-are-dropped passes when every one of them was closed by then, the dripped ones too: a deadline that each
byte puts off is none. The default is 10 s because a device needs one round trip for its CONNECT: RabbitMQ allows as
much, aedes 30 s, other brokers more than a minute. Where links are slow, dropWithin can be as long as 120 s.
Meanwhile the victim connects ${earlyTries} times from another address soon after the start, and ${lateTries} times just before the deadline.
honest-clients-connect-beside-half-open passes when all ${honestTries} were served within ${honestWaitMs / 1_000} s for each answer. A try without an answer
counts against the broker only when the victim was served before and after.`,
  references: {
    cwe: ["CWE-400", "CWE-410", "CWE-772"],
    attack: ["T1499.001", "T1499.002", "T0814"],
    owasp: ["I2"],
    clauses: ["MQTT 5.0 §3.1.4", "EN 303 645 5.9-1"],
  },
  parameters,
  needs: ["victim"],
  strains: true,
  // Connections that ended before shift the limit of a broker that counts them wrongly, and then nobody is locked out.
  wantsFreshTarget: true,
  atMostMs: ({ connections, perSecond, dropWithin }) =>
    (connections * 1_000) / perSecond + dialWithinMs + dropWithin + graceMs + (honestTries + 6) * 2 * honestWaitMs,

  control: (bench, ground) => expectServed(bench, ground.at, ground.identities.victim, "before the attack"),

  async launch(bench, ground, { connections, perSecond, dropWithin }) {
    const { at, identities } = ground;
    const most = Math.min(connections, at.maxConnections - 1);
    await using crowd = await openCrowd(bench, ground, most, Math.min(perSecond, at.maxRatePerSecond));
    noteHeld(bench, crowd);
    const over = new AbortController();
    const stop = AbortSignal.any([bench.signal, over.signal]);
    try {
      const dripping = drip(bench, crowd, stop);
      const watching = Promise.all(kinds.map((kind) => watch(bench, crowd, kind, { dropWithin, stop })));
      const lateAtMs = crowd.openedAtMs + dropWithin - 1_000;
      const late = () => bench.clock.sleep(Math.max(0, lateAtMs - bench.clock.nowMs()), stop);
      if (identities.victim) {
        await bench.clock.sleep(Math.min(500, dropWithin / 4), stop);
        await tryHonestly(bench, at, identities.victim, { count: earlyTries, everyMs: 100 });
        await Promise.race([watching, late()]);
        noteHeld(bench, crowd);
        await tryHonestly(bench, at, identities.victim, { count: lateTries, everyMs: 100, first: earlyTries + 1 });
      }
      await watching;
      over.abort();
      await dripping;
      bench.signal.throwIfAborted();
    } finally {
      over.abort();
    }
  },

  recovery: (bench, ground) => expectServed(bench, ground.at, ground.identities.victim, "after the attack"),

  checks: [
    {
      id: "incomplete-connects-are-dropped",
      asks: "Does the broker soon close connections that never complete their CONNECT?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Set a deadline for CONNECT of a few seconds that counts from the start of the connection and that no byte puts off; where the broker has none, put a proxy before it that has (HAProxy: tcp-request inspect-delay with mqtt_is_valid). Then run this again: all three kinds must be closed in time.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeDrops),
    },
    {
      id: "honest-clients-connect-beside-half-open",
      asks: "Can honest clients connect while somebody holds connections open without completing them?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Limit connections without a completed CONNECT for each source address, and do not let them count towards the limit that all clients share; a firewall can do both (nftables: ct count). Then run this again: all eleven honest connects must be served.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeHonest),
    },
  ],
  twins: [
    {
      kills: "incomplete-connects-are-dropped",
      loosen: { where: "broker", knob: "connectTimeoutMs", value: 0 },
      parameters: { dropWithin: "6s" },
      both: { broker: { connectsPerSecondPerSource: 0, maxPendingPerSource: 0 } },
    },
    {
      kills: "incomplete-connects-are-dropped",
      loosen: { where: "broker", knob: "connectDeadline", value: "idle" },
      parameters: { dropWithin: "4s" },
      both: { broker: { connectTimeoutMs: 2_500, connectsPerSecondPerSource: 0, maxPendingPerSource: 0 } },
    },
    {
      kills: "honest-clients-connect-beside-half-open",
      loosen: { where: "broker", knob: "maxPendingPerSource", value: 0 },
      parameters: { dropWithin: "4s" },
      both: { broker: { maxConnections: 150, connectTimeoutMs: 3_500, connectsPerSecondPerSource: 0 } },
    },
  ],
});

/** One connection of the crowd. */
interface Held {
  readonly kind: Kind;
  readonly connection: Connection;
  readonly openedAtMs: number;
  /** How long the broker let it be; undefined while it is open. */
  closedAfterMs?: number;
}

interface Crowd extends AsyncDisposable {
  readonly held: readonly Held[];
  readonly asked: { readonly [kind in Kind]: number };
  /** When the last one was opened. */
  readonly openedAtMs: number;
}

function sharesOf(total: number): { readonly [kind in Kind]: number } {
  const few = Math.round(total / 20);
  return { dripped: few, "half-sent": few, silent: total - 2 * few };
}

async function openCrowd(bench: Bench, { at }: Ground, total: number, perSecond: number): Promise<Crowd> {
  const { clock } = bench;
  const from = attackerSource(at);
  const asked = sharesOf(total);
  const held: Held[] = [];
  const broken: LabError[] = [];
  const open = async (kind: Kind) => {
    try {
      const connection = await dial(bench, at, { timeoutMs: dialWithinMs, ...(from && { from }) });
      const one: Held = { kind, connection, openedAtMs: clock.nowMs() };
      held.push(one);
      void timeEnd(one, clock);
      if (kind === "half-sent") connection.send(longConnect.subarray(0, 6));
    } catch (error) {
      // One that the target did not let in is missing from `held`; a limit of this machine is not its doing.
      if (error instanceof LabError) broken.push(error);
    }
  };
  const startedMs = clock.nowMs();
  const opening: Promise<void>[] = [];
  for (const kind of kinds.flatMap((each) => Array.from({ length: asked[each] }, () => each))) {
    const dueMs = startedMs + (opening.length * 1_000) / perSecond;
    if (dueMs > clock.nowMs()) await clock.sleep(dueMs - clock.nowMs(), bench.signal);
    if (bench.signal.aborted) break;
    opening.push(open(kind));
  }
  await Promise.all(opening);
  if (broken[0]) throw broken[0];
  return {
    held,
    asked,
    openedAtMs: clock.nowMs(),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(held.map(({ connection }) => connection[Symbol.asyncDispose]()));
    },
  };
}

async function timeEnd(one: Held, clock: Clock): Promise<void> {
  const { by } = await one.connection.ended;
  if (by === "them") one.closedAfterMs = clock.nowMs() - one.openedAtMs;
}

/** Sends the next byte of a CONNECT on every dripped connection, once a second, until told to stop. */
async function drip({ clock }: Bench, { held }: Crowd, stop: AbortSignal): Promise<void> {
  const dripped = held.filter(({ kind }) => kind === "dripped");
  for (let n = 0; n < longConnect.length - 1 && !stop.aborted; n += 1) {
    for (const { connection } of dripped) if (connection.isOpen) connection.send(longConnect.subarray(n, n + 1));
    await clock.sleep(1_000, stop);
  }
}

/** One attempt at `keep-open`: ok where one of this kind outlived the deadline, refused where all were closed before. */
async function watch(
  bench: Bench,
  { held, asked }: Crowd,
  kind: Kind,
  { dropWithin: dropWithinMs, stop }: { readonly dropWithin: number; readonly stop: AbortSignal },
): Promise<void> {
  const { clock, observe, signal } = bench;
  const mine = held.filter((one) => one.kind === kind);
  const lastOpenedMs = Math.max(...mine.map(({ openedAtMs }) => openedAtMs));
  await observe.attempt("keep-open", { kind, connections: asked[kind], dropWithinMs }, async (trace) => {
    const [sample] = mine;
    if (sample === undefined) throw new Error(`no ${kind} connection could be opened`);
    trace.wire(sample.connection.reference);
    const leftMs = lastOpenedMs + dropWithinMs + graceMs - clock.nowMs();
    await Promise.race([
      Promise.all(mine.map(({ connection }) => connection.ended)),
      clock.sleep(Math.max(0, leftMs), stop),
    ]);
    const drops = mine.flatMap(({ closedAfterMs }) => (closedAfterMs === undefined ? [] : [closedAfterMs]));
    const inTime = drops.filter((afterMs) => afterMs <= dropWithinMs + graceMs);
    const kept = mine.length - inTime.length;
    const times = drops.length > 0 ? { firstDropMs: Math.min(...drops), lastDropMs: Math.max(...drops) } : {};
    trace.detail({ kind, opened: mine.length, dropped: inTime.length, kept, dropWithinMs, ...times });
    if (kept === 0) throw new Refused("closed", `the broker closed all ${mine.length} ${kind} connections`);
    if (signal.aborted) throw new Error("the attack was ended before the deadline");
  });
}

function noteHeld({ observe }: Bench, { held, asked }: Crowd): void {
  const open = held.filter(({ connection }) => connection.isOpen);
  observe.note("half-open.held", { asked: asked.dripped + asked["half-sent"] + asked.silent, held: open.length });
}

const keptCounts = z.object({
  kind: z.enum(kinds),
  opened: z.number(),
  kept: z.number(),
  dropWithinMs: z.number(),
  lastDropMs: z.number().optional(),
});

function judgeDrops({ during }: Launch): Answer {
  const watched = attemptsOf(during.attack, "keep-open");
  const evidence = watched.map(seqOf);
  const kept = watched.filter(({ phase }) => phase === "ok");
  const closed = watched.filter(({ phase }) => phase === "refused");
  const ways = [...kept.map(sayKept), ...closed.map(sayClosed)].join("; ");
  if (kept.length > 0) return { verdict: "fail", says: ways, evidence };
  if (closed.length < kinds.length) {
    const because = watched.find(({ phase }) => phase === "unknown")?.ended?.error?.message ?? "the run ended before";
    return { verdict: "inconclusive", says: `not every kind was watched to its end: ${because}`, evidence };
  }
  return { verdict: "pass", says: ways, evidence };
}

function sayKept({ ended }: Attempted): string {
  const counts = keptCounts.safeParse(ended?.detail);
  if (!counts.success) return "some connections were still open at the deadline";
  const { kind, kept, opened, dropWithinMs } = counts.data;
  return `${kept} of ${opened} ${kind} connections were still open after ${dropWithinMs / 1_000} s`;
}

function sayClosed({ ended }: Attempted): string {
  const counts = keptCounts.safeParse(ended?.detail);
  if (!counts.success) return "some connections were closed in time";
  const { kind, opened, lastDropMs = 0 } = counts.data;
  return `all ${opened} ${kind} connections were closed, the last after ${(lastDropMs / 1_000).toFixed(1)} s`;
}

function judgeHonest(launch: Launch): Answer {
  const notes = notesOf(launch.during.attack, "half-open.held");
  const held = `${textOf(notes[0]?.detail, "held")} of ${textOf(notes[0]?.detail, "asked")}`;
  const answer = judgeHonestConnects(launch, `${held} incomplete connections were held`);
  return { ...answer, evidence: [...notes.map(({ seq }) => seq), ...answer.evidence] };
}
