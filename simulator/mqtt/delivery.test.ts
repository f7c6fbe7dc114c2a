import { expect, it } from "vitest";
import { canary } from "#contract/canary.ts";
import type { Observation } from "#contract/observation.ts";
import { benchOf } from "#testing/bench.ts";
import { deliveriesOf, type Receiver, watchDelivery } from "./delivery.ts";
import type { Message } from "./session.ts";

const reference = { file: "evidence/x.pcapng", stream: 3 };

function receiverOf(messages: readonly Message[], isOpen = true): Receiver {
  return { reference, isOpen, until: async (predicate) => messages.find(predicate) };
}

const message = (payload: string): Message => ({ topic: "t", payload, retain: false, dup: false, qos: 0 });

it("notes a canary that came, wherever in the payload, with the bytes that prove it", async () => {
  const history: Observation[] = [];
  const messages = [message("other"), message('{"canary":"seatrial-1"}')];
  expect(await watchDelivery(benchOf(history), receiverOf(messages), "seatrial-1", 100, { to: "victim" })).toBe(true);
  expect(history).toMatchObject([
    { action: "delivery", detail: { to: "victim", delivered: true, topic: "t", withinMs: 100 }, wire: reference },
  ]);
});

it("notes one that did not come, and whether the receiver was still there", async () => {
  const history: Observation[] = [];
  await watchDelivery(benchOf(history), receiverOf([message("other")], false), "seatrial-1", 100, {});
  expect(history).toMatchObject([{ detail: { delivered: false, stillConnected: false } }]);
});

it("finds deliveries by all that was said about them", async () => {
  const history: Observation[] = [];
  const bench = benchOf(history);
  await watchDelivery(bench, receiverOf([message("a")]), "a", 1, { to: "intruder", by: "#" });
  await watchDelivery(bench, receiverOf([]), "a", 1, { to: "operator" });
  bench.observe.note("delivery", null);
  expect(deliveriesOf(history, { to: "intruder", by: "#" })).toMatchObject([{ seq: 0, delivered: true }]);
  expect(deliveriesOf(history, { to: "intruder", by: "+/#" })).toEqual([]);
  expect(deliveriesOf(history)).toHaveLength(2);
});

it("never writes the same canary twice, and names the run in each", () => {
  const bench = benchOf([], { runId: "r-7" });
  const written = Array.from({ length: 100 }, () => canary(bench));
  expect(new Set(written).size).toBe(100);
  expect(written[0]).toMatch(/^seatrial-r-7-[0-9a-f]{32}$/);
});
