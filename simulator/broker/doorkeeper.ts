import type { Clock } from "#contract/bench.ts";
import type { BrokerKnobs } from "./broker-knobs.ts";

/** A connection that was let in at the door. */
export interface Ticket {
  /** Its CONNECT is complete: it no longer counts as pending. */
  connected(): void;
  /** It is closed. */
  released(): void;
}

/** Why a connection is closed at the door. */
export type DoorLimit = "max-connections" | "pending-per-source" | "connects-per-second";

/** Counts connections as they are accepted, before anything is spent on them. */
export interface Doorkeeper {
  admit(source: string): Ticket | DoorLimit;
}

type Limits = Pick<BrokerKnobs, "maxConnections" | "maxPendingPerSource" | "connectsPerSecondPerSource">;

interface Source {
  pending: number;
  open: number;
  /** Token bucket: new connections that it may still make, as of `asOfMs`. */
  tokens: number;
  asOfMs: number;
}

/** Sources that are remembered beyond their last connection, for their rate. */
const mostIdleSources = 10_000;

export function doorkeeper(clock: Pick<Clock, "nowMs">, limits: Limits): Doorkeeper {
  const { maxConnections, maxPendingPerSource, connectsPerSecondPerSource: perSecond } = limits;
  const sources = new Map<string, Source>();
  let open = 0;

  const sourceOf = (source: string): Source => {
    const known = sources.get(source);
    if (known !== undefined) return known;
    if (sources.size >= mostIdleSources) forgetIdle(sources);
    const fresh = { pending: 0, open: 0, tokens: perSecond, asOfMs: clock.nowMs() };
    sources.set(source, fresh);
    return fresh;
  };

  return {
    admit(address) {
      const source = sourceOf(address);
      if (perSecond > 0 && !takeToken(source, perSecond, clock.nowMs())) return "connects-per-second";
      if (maxConnections > 0 && open >= maxConnections) return "max-connections";
      if (maxPendingPerSource > 0 && source.pending >= maxPendingPerSource) return "pending-per-source";
      open += 1;
      source.open += 1;
      source.pending += 1;
      let state: "pending" | "connected" | "released" = "pending";
      return {
        connected() {
          if (state !== "pending") return;
          state = "connected";
          source.pending -= 1;
        },
        released() {
          if (state === "released") return;
          if (state === "pending") source.pending -= 1;
          state = "released";
          source.open -= 1;
          open -= 1;
        },
      };
    },
  };
}

function takeToken(source: Source, perSecond: number, nowMs: number): boolean {
  source.tokens = Math.min(perSecond, source.tokens + ((nowMs - source.asOfMs) * perSecond) / 1_000);
  source.asOfMs = nowMs;
  if (source.tokens < 1) return false;
  source.tokens -= 1;
  return true;
}

function forgetIdle(sources: Map<string, Source>): void {
  for (const [address, { open }] of sources) if (open === 0) sources.delete(address);
}
