import type { Behaviour, DeviceAction } from "#contract/device.ts";

const wake = "sleep.wake";
const doze = "sleep.doze";
const none: readonly DeviceAction[] = [];

/** Share by which a sleep is longer or shorter, so that devices that were powered together do not wake together. */
const spread = 0.2;

/**
 * Wakes, connects, stays awake for its time, disconnects and sleeps. It takes the place of reconnecting: a connection
 * that fails is tried again at the next waking, which saves the battery and spreads a return.
 */
export const sleep: Behaviour = {
  name: "sleep",
  knobs: {},

  attach({ type: { id, sleeps }, random }) {
    if (sleeps === undefined) throw new Error(`${id} has the habit of sleep, but does not say how long it sleeps`);
    const { awakeMs, asleepMs } = sleeps;
    const wakeUp = (): readonly DeviceAction[] => [
      { kind: "connect", afterMs: 0 },
      { kind: "timer", timer: doze, afterMs: awakeMs },
    ];
    const fallAsleep = (): readonly DeviceAction[] => [
      { kind: "disconnect" },
      { kind: "timer", timer: wake, afterMs: asleepMs * (1 + spread * (2 * random.next() - 1)) },
    ];
    return (event) => {
      if (event.kind === "powered") return wakeUp();
      if (event.kind !== "timer") return none;
      if (event.timer === wake) return wakeUp();
      return event.timer === doze ? fallAsleep() : none;
    };
  },
};
