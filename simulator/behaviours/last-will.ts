import type { Behaviour, DeviceAction } from "#contract/device.ts";

const none: readonly DeviceAction[] = [];

/** Says on its state topic that it is there, and has the broker say when it is gone. */
export const lastWill: Behaviour = {
  name: "last-will",
  knobs: {
    will: {
      values: ["announced", "none"],
      means: "The broker is asked to tell others when the device is lost, or nobody is told",
    },
  },

  will: ({ identity, posture }) =>
    posture["will"] === "none"
      ? undefined
      : { topic: identity.topics.state, payload: stateOf(false), qos: 1, retain: true },

  attach({ identity, posture }) {
    if (posture["will"] === "none") return () => none;
    // Retained, because the will is: without it "offline" would stand there for ever.
    const alive: readonly DeviceAction[] = [
      { kind: "publish", topic: identity.topics.state, payload: stateOf(true), qos: 1, retain: true },
    ];
    return ({ kind }) => (kind === "connected" ? alive : none);
  },
};

function stateOf(online: boolean): string {
  return JSON.stringify({ online });
}
