import { check } from "k6";
import { scenario } from "k6/execution";
import { chanceOf } from "./chance.ts";
import type { FanInSettings } from "./fan-in-settings.ts";
import { HonestClient } from "./honest-client.ts";
import { lateMs, withheld } from "./meters.ts";
import { nowMs } from "./now.ts";
import { Outbox } from "./outbox.ts";
import { keepRhythm } from "./rhythm.ts";
import { optionsOf, readClients, readSettings, summaryOf } from "./settings.ts";
import { stamped } from "./stamp.ts";
import { waitUntil } from "./wait-until.ts";
import { whenEmpty } from "./when-empty.ts";

const settings = readSettings<FanInSettings>();
const clients = readClients(settings);

export const options = optionsOf(settings);

/** One client connects and reports at its rate until the time is over. */
export function publish(): void {
  const n = scenario.iterationInTest;
  const identity = clients[n];
  if (identity === undefined) return waitUntil(settings.own.untilMs);
  const { qos, everyMs, payloadBytes, arrivesOverMs, untilMs } = settings.own;
  const dueMs = (n * arrivesOverMs) / settings.own.clients;
  lateMs.add(Math.max(0, nowMs() - dueMs));
  const chance = chanceOf(settings.seed, n);
  const outbox = new Outbox();
  let number = 0;
  let begun = false;
  const begin = () => {
    begun = true;
    // Devices that were switched on together do not report together.
    keepRhythm({ fromMs: nowMs() + chance() * everyMs, untilMs, everyMs }, report, () => whenEmpty(outbox, finish));
  };
  const report = () => {
    if (client.session === undefined) return withheld.add(1);
    outbox.send(client.session, identity.telemetry, stamped({ number, sentMs: nowMs() }, payloadBytes), qos);
    number += 1;
  };
  const finish = () => {
    check(client.session, { "the client is connected at the end": (session) => session !== undefined });
    client.finish();
  };
  const client = new HonestClient({
    url: settings.url,
    identity,
    clean: true,
    keepAliveS: settings.keepAliveS,
    chance,
    onUp: () => {
      if (!begun) begin();
    },
    onAcknowledged: (id) => outbox.acknowledged(id),
    onDown: () => outbox.abandon(),
  });
  // One that never gets in still ends.
  setTimeout(
    () => {
      if (!begun) finish();
    },
    Math.max(0, untilMs - nowMs()),
  );
}

export function handleSummary(summary: unknown) {
  return summaryOf(settings, summary);
}
