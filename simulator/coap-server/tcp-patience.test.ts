import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BrokerPulse } from "../broker/broker-pulse.ts";
import { tcpPatience } from "./tcp-patience.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watched() {
  const aborted: string[] = [];
  const session = { isIntroduced: false, isAmidMessage: false, abort: (says: string) => void aborted.push(says) };
  const patience = tcpPatience(session, new BrokerPulse({ nowMs: () => Date.now() }));
  const hear = (isWhole: boolean, isAmidMessage: boolean) => {
    Object.assign(session, { isIntroduced: true, isAmidMessage });
    patience.heard(isWhole);
  };
  return { aborted, patience, hear };
}

describe("the patience of a strict server", () => {
  it("ends where no CSM comes", () => {
    const { aborted, patience } = watched();
    patience.heard(false);
    vi.advanceTimersByTime(2_999);
    expect(aborted).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(aborted).toEqual(["csm-too-late"]);
  });

  it("ends with a message that dribbles in, and does not begin anew with each byte", () => {
    const { aborted, hear } = watched();
    hear(true, false);
    vi.advanceTimersByTime(50_000);
    for (let n = 0; n < 5; n += 1) {
      hear(false, true);
      vi.advanceTimersByTime(700);
    }
    expect(aborted).toEqual(["message-too-slow"]);
  });

  it("begins anew with each whole message, and ends after a minute without one", () => {
    const { aborted, hear } = watched();
    for (let n = 0; n < 5; n += 1) {
      hear(true, n % 2 === 0);
      vi.advanceTimersByTime(2_900);
    }
    hear(true, false);
    vi.advanceTimersByTime(59_999);
    expect(aborted).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(aborted).toEqual(["idle"]);
  });

  it("is over with its connection", () => {
    const { aborted, patience } = watched();
    patience.over();
    vi.advanceTimersByTime(10_000);
    expect(aborted).toEqual([]);
  });
});
