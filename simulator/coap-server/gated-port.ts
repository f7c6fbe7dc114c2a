import type { Clock } from "#contract/bench.ts";
import type { BrokerPulse } from "../broker/broker-pulse.ts";
import type { DatagramPort } from "../udp/datagram.ts";
import type { MessageTraffic } from "./server-log.ts";

/** Datagrams that wait at one port while the server is frozen; as in a socket's buffer, what comes later is lost. */
const mostWaiting = 4_096;

/** A port that stands still while the server is frozen, and counts what goes through it. */
export function gatedPort(port: DatagramPort, pulse: BrokerPulse, traffic: MessageTraffic): DatagramPort {
  let waiting = 0;
  return {
    local: port.local,
    send(bytes, to) {
      traffic.sent += 1;
      pulse.act(() => port.send(bytes, to));
    },
    hear(listener) {
      port.hear((bytes, from) => {
        if (waiting >= mostWaiting) return;
        waiting += 1;
        pulse.act(() => {
          waiting -= 1;
          traffic.received += 1;
          listener(bytes, from);
        });
      });
    },
    close: () => port.close(),
  };
}

/** The clock of a server: its time stands still while it is frozen, and nobody who sleeps wakes up. */
export function pulseClock(pulse: BrokerPulse): Clock {
  return {
    nowMs: () => pulse.nowMs(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const end = () => {
          signal?.removeEventListener("abort", end);
          timer.cancel();
          resolve();
        };
        const timer = pulse.after(Math.max(0, ms), end);
        signal?.addEventListener("abort", end);
      }),
  };
}
