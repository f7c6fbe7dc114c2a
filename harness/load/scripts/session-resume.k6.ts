import { check } from "k6";
import { scenario } from "k6/execution";
import { Arrivals } from "./arrivals.ts";
import { chanceOf } from "./chance.ts";
import { HonestClient } from "./honest-client.ts";
import { deliverOk, duplicates, lateMs, missing, resumeMs, resumeOk } from "./meters.ts";
import type { Publish } from "./mqtt-codec.ts";
import type { SessionPlan } from "./mqtt-session.ts";
import { nowMs } from "./now.ts";
import type { ResumeSettings } from "./resume-settings.ts";
import { optionsOf, readClients, readOperator, readSettings, type ScriptIdentity, summaryOf } from "./settings.ts";
import { speak } from "./speaker.ts";
import { stampOf } from "./stamp.ts";

const settings = readSettings<ResumeSettings>();
const clients = readClients(settings);
const operator = readOperator(settings);

export const options = optionsOf(settings);

/** One client leaves a subscription behind, stays away while it is written to, and returns. */
export function resume(): void {
  const n = scenario.iterationInTest;
  const identity = clients[n];
  if (identity === undefined) return;
  const { leavesOverMs, returnsOverMs, returnMs } = settings.own;
  const share = n / settings.own.clients;
  const chance = chanceOf(settings.seed, n);
  const began = nowMs();
  at(began + leavesOverMs * share, () => leaveSubscription(identity, chance));
  at(returnMs + returnsOverMs * share, () => comeBack(identity, chance));
}

/** The operator writes to the clients while they are away. */
export function address(): void {
  const { fromMs, untilMs, everyMs, payloadBytes } = settings.own;
  const topics = clients.map(({ command }) => command);
  speak(settings, operator, { topics, rhythm: { fromMs, untilMs, everyMs }, qos: 1, payloadBytes });
}

function leaveSubscription(identity: ScriptIdentity, chance: () => number): void {
  const client = new HonestClient({
    ...sessionOf(identity, false),
    chance,
    onUp: (session) => session.subscribe(identity.command, 1),
    onGranted: (codes) => {
      check(codes, { "the subscription is granted": (granted) => granted.every((code) => code < 0x80) });
      client.finish();
    },
    onDown: () => {},
  });
  // Whoever did not get in until then stays away too, and is found without a session.
  at(settings.own.fromMs, () => client.finish());
}

function comeBack(identity: ScriptIdentity, chance: () => number): void {
  const arrivals = new Arrivals();
  arrivals.expect(settings.own.messages);
  let isFirst = true;
  let isDone = false;
  const client = new HonestClient({
    ...sessionOf(identity, false),
    chance,
    onUp: (_session, present, tookMs) => {
      if (!isFirst) return;
      isFirst = false;
      if (present) resumeMs.add(tookMs);
      resumeOk.add(present);
      check(present, { "the session is still there": () => present });
    },
    onMessage: ({ payload }: Publish) => {
      const stamp = stampOf(payload);
      if (stamp === undefined) return;
      if (arrivals.take(stamp.number)) deliverOk.add(1);
      else duplicates.add(1);
      if (stamp.last) finish();
    },
    onDown: () => {},
  });
  const finish = () => {
    if (isDone) return;
    isDone = true;
    clearTimeout(end);
    if (isFirst) resumeOk.add(0);
    if (arrivals.missing > 0) missing.add(arrivals.missing);
    for (let lost = arrivals.missing; lost > 0; lost -= 1) deliverOk.add(0);
    check(arrivals, { "every message waited for the client": () => arrivals.missing === 0 });
    client.finish();
    forget(identity, chance);
  };
  const end = at(settings.own.endMs, finish);
}

/** MQTT 3.1.1 §3.1.2.4: connecting with a clean session discards the one that is kept, so nothing of ours stays. */
function forget(identity: ScriptIdentity, chance: () => number): void {
  const client = new HonestClient({
    ...sessionOf(identity, true),
    chance,
    onUp: () => {
      clearTimeout(end);
      client.finish();
    },
    onDown: () => {},
  });
  const end = setTimeout(() => client.finish(), forgetWithinMs);
}

const forgetWithinMs = 2_000;

function sessionOf(
  identity: ScriptIdentity,
  clean: boolean,
): Pick<SessionPlan, "url" | "identity" | "clean" | "keepAliveS"> {
  return { url: settings.url, identity, clean, keepAliveS: settings.keepAliveS };
}

/** At this time of the test's clock; measures how late it came to be. */
function at(dueMs: number, work: () => void): ReturnType<typeof setTimeout> {
  return setTimeout(
    () => {
      lateMs.add(Math.max(0, nowMs() - dueMs));
      work();
    },
    Math.max(0, dueMs - nowMs()),
  );
}

export function handleSummary(summary: unknown) {
  return summaryOf(settings, summary);
}
