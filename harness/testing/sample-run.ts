import type { Answer, Check, Verdict } from "#contract/check.ts";
import type { ActorId, JsonObject, Observation } from "#contract/observation.ts";
import type { Product } from "#contract/product.ts";
import type { RunHeader, RunRecord } from "#contract/record.ts";
import { historyOf, type Line, recordOf } from "./record.ts";

/** A product with something at stake in each dimension. */
export const sampleProduct: Product = {
  id: "harbour-home",
  title: "Harbour Home hub, firmware 4.2.0",
  impact: { safety: 2, availability: 1, data: 1, fleet: 2 },
  reasons: { data: "Room temperatures and door events" },
  floors: [{ dimension: "safety", level: 2, because: "smart-lock can unlock" }],
  notApplicable: [{ check: "P2.2/mixed-versions-stay-safe", because: "the product has one image and no co-processor" }],
  declared: {},
};

interface Told {
  readonly action: string;
  readonly ended?: Observation["phase"];
  readonly detail?: JsonObject;
  readonly code?: string;
}

/** A run of 90 seconds with two fleets, four attacks and two disruptions, as an engine would have written it. */
export function sampleHistory(): readonly Observation[] {
  const lines: Required<Pick<Line, "atMs">>[] & Line[] = [];
  const add = (atMs: number, line: Omit<Line, "atMs">) => lines.push({ ...line, atMs });
  add(0, { actor: "target:embedded", action: "started", phase: "noted", detail: { id: "embedded" } });
  add(2_000, { actor: "lab:engine", action: "fleet.settled", phase: "noted", detail: { settled: true, fleets: 2 } });
  for (let second = 1; second <= 90; second += 1) {
    lines.push(counters("device:thermostat", second * 1_000 + 3, 400, second));
    lines.push(counters("device:smart-lock", second * 1_000 + 8, 100, second));
  }
  const spans: { readonly at: number; readonly lines: readonly Line[] }[] = [
    beats("attack:mqtt.anonymous-connect", 4_000, [{ action: "mqtt.connect", ended: "refused", code: "CONNACK 5" }]),
    beats("attack:mqtt.topic-snoop", 12_000, [
      { action: "mqtt.subscribe", ended: "ok", detail: { filter: "#", granted: 0 } },
      { action: "mqtt.message", ended: "noted", detail: { topic: "devices/victim/telemetry", canary: "c0ffee42" } },
    ]),
    beats("attack:mqtt.connect-flood", 20_000, [
      { action: "mqtt.connect", ended: "unknown", detail: { wave: 1, connections: 500 } },
    ]),
    {
      at: 30_000,
      lines: [
        {
          actor: "attack:mqtt.password-guessing",
          action: "skipped",
          phase: "noted",
          detail: { because: "the target gives no victim; name one in the identities file" },
        },
      ],
    },
  ];
  for (const span of spans)
    for (const [at, line] of span.lines.entries()) lines.push({ ...line, atMs: span.at + at * 400 });
  for (const line of disruption("disruption:broker-restart", 34_000, 39_000, 20_000)) lines.push(line);
  for (const line of disruption("disruption:link-cut", 62_000, 68_000, 15_000)) lines.push(line);
  for (const line of stages()) lines.push(line);
  lines.push({
    actor: "device:thermostat",
    action: "fleet.telemetry",
    phase: "noted",
    atMs: 90_500,
    detail: {
      produced: 9_000,
      buffered: 0,
      dropped: 40,
      acknowledged: 8_950,
      delivered: 8_946,
      duplicates: 3,
      unwitnessed: 0,
      lost: 54,
    },
  });
  return numbered(lines);
}

/** Orders by time, and points each ending to the attempt that its actor opened last under that name. */
function numbered(lines: readonly Line[]): readonly Observation[] {
  const ordered = historyOf(lines.toSorted((one, other) => (one.atMs ?? 0) - (other.atMs ?? 0)));
  const open = new Map<string, number>();
  return ordered.map((seen) => {
    const key = `${seen.actor} ${seen.action}`;
    if (seen.phase === "attempt") open.set(key, seen.seq);
    const attempt = seen.phase === "noted" || seen.phase === "attempt" ? undefined : open.get(key);
    return Object.assign({}, seen, attempt === undefined ? {} : { attempt });
  });
}

/** Down from 34 to 39 s (back slowly) and from 62 to 68 s (back at once); a dip under the flood at 22 s. */
function counters(actor: ActorId, atMs: number, size: number, second: number): Line {
  const back = backAt(second);
  const before = backAt(second - 1);
  const came = Math.max(0, Math.round(size * back) - Math.round(size * before));
  const due = Math.round(size / 10);
  const spread = Array.from({ length: 10 }, (_, tenth) => Math.floor(came / 10) + (tenth < came % 10 ? 1 : 0));
  const busy = second === 22 || second === 23;
  return {
    actor,
    action: "fleet.counters",
    phase: "noted",
    atMs,
    detail: {
      size,
      expected: size,
      connected: Math.round(size * back),
      intervalMs: 1_000,
      attempts: came,
      connects: came,
      refused: 0,
      lost: 0,
      published: due,
      acknowledged: due,
      received: 0,
      functionDue: due,
      functionPerformed: busy ? Math.round(due * 0.6) : Math.round(due * (0.75 + 0.25 * back)),
      overdue: 0,
      overdueSafe: 0,
      attemptsByTenth: spread,
      connectsByTenth: spread,
    },
  };
}

function backAt(second: number): number {
  if (second <= 1) return 0.5;
  if (second >= 35 && second <= 39) return 0;
  if (second > 39 && second < 56) return Math.min(1, 1 - Math.exp(-(second - 39) / 3.2));
  if (second >= 63 && second <= 68) return 0;
  return 1;
}

function beats(actor: ActorId, at: number, inside: readonly Told[]) {
  const wire = { file: `evidence/${actor.slice("attack:".length)}.pcapng`, stream: 0 };
  const during: Line[] = inside.flatMap(({ action, ended = "ok", detail, code }) => {
    const closing: Line = {
      actor,
      action,
      phase: ended,
      beat: "attack",
      wire,
      ...(detail && { detail }),
      ...(code !== undefined && { error: { code, message: "not authorised" } }),
    };
    return ended === "noted" ? [closing] : [{ actor, action, phase: "attempt", beat: "attack" } as const, closing];
  });
  const lines: Line[] = [
    { actor, action: "control", phase: "attempt", beat: "control", detail: null },
    { actor, action: "control", phase: "ok", beat: "control" },
    { actor, action: "launch", phase: "attempt", beat: "attack", detail: { layer: "application" } },
    ...during,
    { actor, action: "launch", phase: "ok", beat: "attack" },
    { actor, action: "recovery", phase: "attempt", beat: "recovery", detail: null },
    { actor, action: "recovery", phase: "ok", beat: "recovery" },
  ];
  return { at, lines };
}

function disruption(actor: ActorId, fromMs: number, liftedMs: number, watchMs: number): readonly Line[] {
  return [
    { actor, action: "impose", phase: "attempt", atMs: fromMs, detail: { severs: true } },
    { actor, action: "impose", phase: "ok", atMs: fromMs + 40 },
    { actor, action: "imposed", phase: "noted", atMs: fromMs + 41 },
    { actor, action: "lift", phase: "attempt", atMs: liftedMs },
    { actor, action: "lift", phase: "ok", atMs: liftedMs + 20 },
    { actor, action: "watched", phase: "noted", atMs: liftedMs + 20 + watchMs, detail: { watchMs } },
  ];
}

function stages(): readonly Line[] {
  return [
    ["settle", 2_000, 3_900],
    ["attacks", 4_000, 33_000],
    ["outages", 34_000, 89_000],
  ].flatMap(([stage = "", from, to]): Line[] => [
    { actor: "lab:engine", action: "stage", phase: "attempt", atMs: Number(from), detail: { stage } },
    { actor: "lab:engine", action: "stage", phase: "ok", atMs: Number(to) },
  ]);
}

/** The header of {@link sampleHistory}: an assessment of {@link sampleProduct}. */
export const sampleHeader: Partial<RunHeader> = {
  id: "2026-01-01-harbour",
  scenario: { id: "assessment", title: "Assessment of Harbour Home hub" },
  seed: "17",
  target: {
    id: "embedded",
    product: "seatrial embedded broker",
    fidelity: "simulated",
    posture: "hardened",
    knobs: { authorization: "open" },
    protocolLevels: [4, 5],
  },
  fleets: [
    { device: "thermostat", size: 400, posture: {} },
    { device: "smart-lock", size: 100, posture: { reconnect: "full-jitter" } },
  ],
  stages: [
    { name: "settle", attacks: [], disruptions: [] },
    {
      name: "attacks",
      attacks: [
        { id: "mqtt.anonymous-connect", parameters: {} },
        { id: "mqtt.topic-snoop", parameters: { filters: ["#"] } },
        { id: "mqtt.connect-flood", parameters: {} },
        { id: "mqtt.password-guessing", parameters: {} },
      ],
      disruptions: [],
    },
    {
      name: "outages",
      attacks: [],
      disruptions: [
        { id: "broker-restart", parameters: {} },
        { id: "link-cut", parameters: {} },
      ],
    },
  ],
  expects: [
    { metric: "recovery.t90", atMost: 12_000 },
    { metric: "telemetry.lost", atMost: 0.005 },
    { metric: "connected.lowest", atLeast: 0.1 },
  ],
  product: sampleProduct,
  command: "seatrial assess harbour.yaml --posture hardened --seed 17",
};

/** A check that always answers the same, citing the lines of one actor. */
export function checkOf(
  id: string,
  covers: string,
  answer: { readonly verdict: Verdict; readonly says: string } & Partial<Answer>,
  cites?: ActorId,
): Check {
  return {
    id,
    covers,
    asks: `${id.replaceAll("-", " ")}?`,
    remedy:
      "Give every device an account of its own and let it read and write only its own topics; run the command again.",
    needs: cites === undefined ? [] : [cites.slice(cites.indexOf(":") + 1)],
    judge: ({ history }) => ({
      evidence: history.filter(({ actor }) => actor === cites).map(({ seq }) => seq),
      ...answer,
    }),
  };
}

const snoop: ActorId = "attack:mqtt.topic-snoop";
const flood: ActorId = "attack:mqtt.connect-flood";
const stranger: ActorId = "attack:mqtt.anonymous-connect";

/** Checks with one of each verdict, spread over the principles. */
export const sampleChecks: readonly Check[] = [
  checkOf(
    "strangers-are-refused",
    "P1.1/closed-by-default",
    { verdict: "pass", says: "the stranger was refused with CONNACK 5" },
    stranger,
  ),
  checkOf(
    "factory-logins-are-refused",
    "P1.1/no-known-default-login",
    { verdict: "pass", says: "none of 12 factory log-ins was let in" },
    stranger,
  ),
  checkOf(
    "guessing-is-slowed",
    "P1.1/online-guessing-impractical",
    { verdict: "not-tested", says: "mqtt.password-guessing was not run" },
    "attack:mqtt.password-guessing",
  ),
  checkOf(
    "topics-stay-private",
    "P3.3/no-lateral-command",
    { verdict: "fail", says: "an intruder received the canary of devices/victim/telemetry through the filter #" },
    snoop,
  ),
  checkOf(
    "strangers-hear-nothing",
    "P3.1/no-secrets-in-clear",
    { verdict: "fail", says: "the payload of another device was readable" },
    snoop,
  ),
  checkOf(
    "honest-clients-get-in-during-flood",
    "P1.4/essential-function-under-flood",
    {
      verdict: "pass",
      says: "11 of 11 honest clients were admitted while 500 connections were opened",
      measure: { kind: "rate", planned: 11, passed: 11, failed: 0, required: 0.8 },
      trials: { planned: 11, run: 11, passed: 11 },
    },
    flood,
  ),
  checkOf(
    "fleet-comes-back",
    "P1.4/time-to-recover",
    {
      verdict: "pass",
      says: "9 of 10 devices were back after 7.4 s",
      measure: { kind: "metric", planned: 2, values: [7.4, 1.2], good: 60, bad: 1_800, unit: "s" },
    },
    "disruption:broker-restart",
  ),
  checkOf(
    "returns-are-spread",
    "P1.4/no-reconnect-storm",
    { verdict: "pass", says: "at most 3 % of the fleet tried within a tenth of a second" },
    "disruption:link-cut",
  ),
  checkOf(
    "malformed-packets-are-refused",
    "P3.1/malformed-input-tolerated",
    { verdict: "inconclusive", says: "the control failed, so the attack says nothing: connection reset" },
    flood,
  ),
  checkOf(
    "identity-is-checked",
    "P4.3/rogue-rejected",
    { verdict: "pass", says: "an unknown identity was refused" },
    stranger,
  ),
  checkOf("impact-is-declared", "P4.1/use-and-impact-declared", {
    verdict: "pass",
    says: "use, environment and four levels are declared",
    rung: "D0",
  }),
  checkOf("broken-check", "P6.2/traffic-within-intent", { verdict: "error", says: "the check itself broke: no flows" }),
];

/** The whole of it: header and history of one rich run. */
export function sampleRun(changes: Partial<RunHeader> = {}): RunRecord {
  return recordOf(sampleHistory(), { ...sampleHeader, ...changes });
}
