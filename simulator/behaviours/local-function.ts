import type { Behaviour, DeviceAction } from "#contract/device.ts";

const timer = "local-function";
const none: readonly DeviceAction[] = [];

/** Performs the essential function each time that it is due: by itself, or only while the cloud can tell it to. */
export const localFunction: Behaviour = {
  name: "local-function",
  knobs: {
    localFunction: {
      values: ["local", "cloud-only"],
      means: "The essential function works without the broker, or only while there is a link to it",
    },
  },

  attach({ type: { essential }, posture, random }) {
    const { name, everyMs } = essential;
    const isLocal = posture["localFunction"] !== "cloud-only";
    // How the last contact ended; a device that sleeps in good order did not lose its cloud.
    let hasCloud = false;
    return (event) => {
      switch (event.kind) {
        case "powered":
          return [{ kind: "timer", timer, afterMs: random.next() * everyMs }];
        case "connected":
          hasCloud = true;
          return none;
        case "refused":
        case "link-lost":
          hasCloud = false;
          return none;
        case "timer":
          if (event.timer !== timer) return none;
          return [
            { kind: "function", name, performed: isLocal || hasCloud },
            { kind: "timer", timer, afterMs: everyMs },
          ];
        case "disconnected":
        case "published":
        case "message":
        case "field":
          return none;
      }
    };
  },
};
