import { expect, it } from "vitest";
import { TelemetryLedger } from "./telemetry-ledger.ts";

it("counts what was sent and never arrived as lost, and an arrival twice as a duplicate", () => {
  const ledger = new TelemetryLedger(2);
  for (const sequence of [1, 2, 3]) ledger.reading(0, sequence, "sent", true);
  ledger.reading(1, 1, "sent", true);
  for (const sequence of [1, 3, 3]) ledger.delivered(0, sequence);
  ledger.delivered(1, 1);
  expect(ledger.account(true)).toMatchObject({ produced: 4, delivered: 3, duplicates: 1, lost: 1, unwitnessed: 0 });
});

it("counts a reading as buffered until it is sent or dropped, and a dropped one as lost", () => {
  const ledger = new TelemetryLedger(1);
  for (const sequence of [1, 2, 3]) ledger.reading(0, sequence, "buffered", true);
  ledger.reading(0, 1, "dropped", true);
  ledger.reading(0, 2, "sent", true);
  ledger.delivered(0, 2);
  expect(ledger.account(true)).toMatchObject({ produced: 3, buffered: 1, dropped: 1, delivered: 1, lost: 1 });
});

it("does not call lost what was sent while the witness was away", () => {
  const ledger = new TelemetryLedger(1);
  ledger.reading(0, 1, "sent", false);
  ledger.reading(0, 2, "sent", false);
  ledger.delivered(0, 2);
  expect(ledger.account(true)).toMatchObject({ produced: 2, delivered: 1, unwitnessed: 1, lost: 0 });
});

it("calls a reading that is kept for a second try, but had arrived, neither lost nor a duplicate", () => {
  const ledger = new TelemetryLedger(1);
  ledger.reading(0, 1, "sent", true);
  ledger.delivered(0, 1);
  ledger.reading(0, 1, "buffered", true);
  expect(ledger.account(true)).toMatchObject({ produced: 1, delivered: 1, duplicates: 0, lost: 0 });
});

it("does not count what no device produced", () => {
  const ledger = new TelemetryLedger(1);
  ledger.reading(0, 1, "sent", true);
  for (const sequence of [0, 2, 999_999_999]) ledger.delivered(0, sequence);
  expect(ledger.account(true)).toMatchObject({ delivered: 0, lost: 1 });
});

it("says nothing about delivery without a witness", () => {
  const ledger = new TelemetryLedger(1);
  ledger.reading(0, 1, "sent", false);
  expect(ledger.account(false)).toEqual({ produced: 1, buffered: 0, dropped: 0, acknowledged: 0 });
});
