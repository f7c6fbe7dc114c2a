import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { expect, it } from "vitest";
import { KnownPeers } from "./known-peers.ts";
import { RememberedExchanges } from "./remembered-exchanges.ts";

const message = record({
  peer: integer({ min: 0, max: 3 }),
  id: integer({ min: 0, max: 30 }),
  length: constantFrom(0, 4, 64, 65, 300),
  afterMs: integer({ min: 0, max: 60_000 }),
});

it("knows what came within its lifetime and among the last so many, with its answer, as a plain list would", () => {
  assert(
    property(array(message, { maxLength: 200 }), constantFrom(0, 1, 7, 64), (messages, most) => {
      const peers = new KnownPeers();
      const remembered = new RememberedExchanges(most);
      const list: { peer: number; id: number; atMs: number; answer: Buffer }[] = [];
      let now = 0;
      for (const { peer, id, length, afterMs } of messages) {
        now += afterMs;
        const from = peers.of({ host: "10.0.0.1", port: peer });
        const expected = list.slice(most === 0 ? 0 : -most).findLast((each) => each.peer === peer && each.id === id);
        const found = remembered.find(from, id, now);
        const isKnown = expected !== undefined && now < expected.atMs + 247_000;
        expect(found === undefined ? undefined : remembered.answerTo(found)).toEqual(
          isKnown ? expected.answer : undefined,
        );
        if (isKnown) continue;
        const answer = Buffer.alloc(length, list.length);
        remembered.answer(remembered.add(from, id, true, now), answer);
        list.push({ peer, id, atMs: now, answer });
      }
      expect(remembered.size).toBe(most === 0 ? list.length : Math.min(most, list.length));
    }),
  );
});

it("remembers without a limit beyond the places that it began with", () => {
  const remembered = new RememberedExchanges(0);
  const from = new KnownPeers().of({ host: "10.0.0.1", port: 1 });
  for (let id = 0; id < 20_000; id++) remembered.answer(remembered.add(from, id, true, 0), Buffer.from([id & 0xff]));
  for (const id of [0, 1_023, 1_024, 19_999]) {
    expect(remembered.answerTo(remembered.find(from, id, 1) ?? -1)).toEqual(Buffer.from([id & 0xff]));
  }
});

it("keeps no answer for a message that was forgotten before it was answered", () => {
  const remembered = new RememberedExchanges(2);
  const from = new KnownPeers().of({ host: "10.0.0.1", port: 1 });
  const early = remembered.add(from, 1, true, 0);
  remembered.add(from, 2, true, 0);
  remembered.add(from, 3, true, 0);
  remembered.answer(early, Buffer.from("late"));
  expect(remembered.answerTo(early)).toBeUndefined();
  expect(remembered.answerTo(remembered.find(from, 3, 0) ?? -1)).toBeUndefined();
});
