import { check } from "k6";
import { scenario } from "k6/execution";
import { Arrivals } from "./arrivals.ts";
import { chanceOf } from "./chance.ts";
import type { FanOutSettings } from "./fan-out-settings.ts";
import { HonestClient } from "./honest-client.ts";
import { deliverMs, deliverOk, duplicates, lateMs, missing } from "./meters.ts";
import type { Publish } from "./mqtt-codec.ts";
import { nowMs } from "./now.ts";
import { optionsOf, readClients, readOperator, readSettings, summaryOf } from "./settings.ts";
import { speak } from "./speaker.ts";
import { stampOf } from "./stamp.ts";
import { waitUntil } from "./wait-until.ts";

const settings = readSettings<FanOutSettings>();
const clients = readClients(settings);
const operator = readOperator(settings);

export const options = optionsOf(settings);

/** One client subscribes and counts what arrives. */
export function subscribe(): void {
  const n = scenario.iterationInTest;
  const identity = clients[n];
  if (identity === undefined) return waitUntil(settings.own.untilMs);
  const { qos, arrivesOverMs, endMs, sharedTopic } = settings.own;
  lateMs.add(Math.max(0, nowMs() - (n * arrivesOverMs) / settings.own.clients));
  const arrivals = new Arrivals();
  let isDone = false;
  const take = ({ payload }: Publish) => {
    const stamp = stampOf(payload);
    if (stamp === undefined) return;
    const isNew = arrivals.take(stamp.number);
    if (isNew) {
      deliverMs.add(nowMs() - stamp.sentMs);
      deliverOk.add(1);
    } else duplicates.add(1);
    if (stamp.last) finish();
  };
  const finish = () => {
    if (isDone) return;
    isDone = true;
    clearTimeout(end);
    // Every client hears at least a last message, so hearing nothing is one that is missing.
    arrivals.expect(1);
    if (arrivals.missing > 0) missing.add(arrivals.missing);
    for (let lost = arrivals.missing; lost > 0; lost -= 1) deliverOk.add(0);
    check(arrivals, { "every message arrived": () => arrivals.missing === 0 });
    client.finish();
  };
  const client = new HonestClient({
    url: settings.url,
    identity,
    clean: true,
    keepAliveS: settings.keepAliveS,
    chance: chanceOf(settings.seed, n),
    onUp: (session) => session.subscribe(sharedTopic ?? identity.command, qos),
    onGranted: (codes) => {
      check(codes, { "the subscription is granted": (granted) => granted.every((code) => code < 0x80) });
    },
    onMessage: take,
    onDown: () => {},
  });
  const end = setTimeout(finish, Math.max(0, endMs - nowMs()));
}

/** The operator addresses the clients. */
export function address(): void {
  const { fromMs, untilMs, everyMs, qos, payloadBytes, sharedTopic } = settings.own;
  const topics = sharedTopic === undefined ? clients.map(({ command }) => command) : [sharedTopic];
  speak(settings, operator, { topics, rhythm: { fromMs, untilMs, everyMs }, qos, payloadBytes });
}

export function handleSummary(summary: unknown) {
  return summaryOf(settings, summary);
}
