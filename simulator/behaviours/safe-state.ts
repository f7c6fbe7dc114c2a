import type { Behaviour, DeviceAction } from "#contract/device.ts";

const timer = "safe-state";
const none: readonly DeviceAction[] = [];

/** Share of the promised time after which the device acts: a timer that rings late must not break the promise. */
const margin = 0.6;

/** Enters the declared safe state within its time once control is lost, and leaves it when control is back. */
export const safeState: Behaviour = {
  name: "safe-state",
  knobs: {
    safeState: {
      values: ["entered", "ignored"],
      means: "Without a link the device falls back to its declared safe state in time, or stays as it was",
    },
  },

  attach({ type: { essential }, posture }) {
    if (posture["safeState"] === "ignored") return () => none;
    let state: "controlled" | "alone" | "safe" = "controlled";
    const alone = (): readonly DeviceAction[] => {
      if (state !== "controlled") return none;
      state = "alone";
      return [{ kind: "timer", timer, afterMs: essential.safeWithinMs * margin }];
    };
    return (event) => {
      switch (event.kind) {
        case "powered":
        case "link-lost":
        case "refused":
          return alone();
        case "timer":
          if (event.timer !== timer || state !== "alone") return none;
          state = "safe";
          return [{ kind: "safe-state", entered: true }];
        case "connected": {
          const before = state;
          state = "controlled";
          if (before === "safe") return [{ kind: "safe-state", entered: false }];
          return before === "alone" ? [{ kind: "timer", timer, afterMs: Number.POSITIVE_INFINITY }] : none;
        }
        case "disconnected":
        case "published":
        case "message":
        case "field":
          return none;
      }
    };
  },
};
