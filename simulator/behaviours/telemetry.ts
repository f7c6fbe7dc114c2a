import type { Behaviour, DeviceAction } from "#contract/device.ts";
import { bufferCapacity, OfflineBuffer, offlineBufferKnobs } from "./offline-buffer.ts";

const timer = "telemetry";
const none: readonly DeviceAction[] = [];

/** Takes a numbered reading every `telemetry.everyMs`, link or no link, and sends it, or keeps it for later. */
export const telemetry: Behaviour = {
  name: "telemetry",
  knobs: offlineBufferKnobs,

  attach({ identity, type, random, posture }) {
    const { everyMs, qos } = type.telemetry;
    const buffer = new OfflineBuffer(posture["buffer"] === "none" ? 0 : bufferCapacity);
    let connected = false;
    let last = 0;
    const publish = (sequence: number, payload: string): DeviceAction => ({
      kind: "publish",
      topic: identity.topics.telemetry,
      payload,
      qos,
      sequence,
    });
    const take = (): DeviceAction[] => {
      const sequence = ++last;
      const payload = JSON.stringify({ seq: sequence, ...type.telemetry.reading(sequence, random) });
      if (!connected) return buffer.keep(sequence, payload);
      const sent: DeviceAction[] = [publish(sequence, payload), { kind: "reading", sequence, fate: "sent" }];
      return qos === 1 ? [...sent, ...buffer.keepInFlight(sequence, payload)] : sent;
    };
    return (event) => {
      switch (event.kind) {
        case "powered":
          // Devices are not powered in step, so they do not report in step.
          return [{ kind: "timer", timer, afterMs: random.next() * everyMs }];
        case "timer":
          return event.timer === timer ? [...take(), { kind: "timer", timer, afterMs: everyMs }] : none;
        case "connected":
          connected = true;
          return buffer.flush(publish, qos === 1);
        case "published":
          return buffer.acknowledged(event.sequence);
        case "link-lost":
        case "refused":
        case "disconnected":
          connected = false;
          return buffer.lost();
        case "message":
        case "field":
          return none;
      }
    };
  },
};
