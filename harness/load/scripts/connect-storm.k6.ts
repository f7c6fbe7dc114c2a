import { check } from "k6";
import { scenario, vu } from "k6/execution";
import type { StormSettings } from "./connect-storm-settings.ts";
import { lateMs } from "./meters.ts";
import { MqttSession } from "./mqtt-session.ts";
import { nowMs } from "./now.ts";
import { plannedStartMs } from "./planned-start.ts";
import { optionsOf, readClients, readSettings, summaryOf } from "./settings.ts";

const settings = readSettings<StormSettings>();
const clients = readClients(settings);

export const options = optionsOf(settings);

/** One client connects, stays and leaves. */
export function storm(): void {
  lateMs.add(Math.max(0, nowMs() - plannedStartMs(settings.own, scenario.iterationInTest)));
  // Named by virtual user, so that nobody connects under a name that is connected already.
  const identity = clients[vu.idInTest - 1];
  if (identity === undefined) throw new Error(`there is no client ${vu.idInTest}`);
  let isUp = false;
  let isLeaving = false;
  const session = new MqttSession({
    url: settings.url,
    identity,
    clean: true,
    keepAliveS: settings.keepAliveS,
    onUp() {
      isUp = true;
      setTimeout(() => {
        isLeaving = true;
        session.leave();
      }, settings.own.holdsMs);
    },
    onDown() {
      check(null, { "the connection is accepted": () => isUp });
      if (isUp) check(null, { "the connection stays until it is ended here": () => isLeaving });
    },
  });
}

export function handleSummary(summary: unknown) {
  return summaryOf(settings, summary);
}
