import type { Behaviour, DeviceAction } from "#contract/device.ts";
import { commandOf } from "./command.ts";

const none: readonly DeviceAction[] = [];

/** Listens on its own command topic, and does what `{"command": …}` there says, once. */
export const obeyCommands: Behaviour = {
  name: "obey-commands",
  knobs: {
    commands: {
      values: ["own-and-fresh", "any"],
      means: "A command that the broker kept for it (retained) or sends again (duplicate) is ignored, or obeyed too",
    },
  },

  attach({ identity: { topics }, posture }) {
    const freshOnly = posture["commands"] !== "any";
    return (event) => {
      if (event.kind === "connected") return [{ kind: "subscribe", filter: topics.command, qos: 1 }];
      if (event.kind !== "message" || event.topic !== topics.command) return none;
      if (freshOnly && (event.retain || event.duplicate)) return none;
      const command = commandOf(event.payload);
      return command === undefined ? none : [{ kind: "actuate", what: command.what, to: command.to }];
    };
  },
};
