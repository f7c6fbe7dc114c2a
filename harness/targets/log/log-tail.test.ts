import { expect, it } from "vitest";
import type { Observation } from "#contract/observation.ts";
import { benchOf, VirtualClock } from "#testing/bench.ts";
import { type LogKind, LogTail } from "./log-tail.ts";

const kinds: readonly LogKind[] = [
  ["refused", /not authorised/],
  ["connected", /^New client connected/],
];

it("sums lines up by kind, at most once a second, and keeps the last ones", () => {
  const history: Observation[] = [];
  const clock = new VirtualClock();
  const log = new LogTail(benchOf(history, { clock }), kinds);
  log.add("New client connected from 127.0.0.1:1 as a (p2, c1, k60).\nNew client conn");
  log.add("ected from 127.0.0.1:2 as b (p2, c1, k60).\n");
  expect(history).toEqual([]);
  clock.advance(1_000);
  log.add("Client <unknown> disconnected, not authorised.\n");
  expect(history.map(({ detail }) => detail)).toEqual([
    { lines: { connected: 2, refused: 1 }, last: "Client <unknown> disconnected, not authorised." },
  ]);
  log.flush();
  expect(history).toHaveLength(1);
});

it("holds a bounded number of lines, however many come", () => {
  const log = new LogTail(benchOf([]), kinds);
  log.add(Array.from({ length: 5_000 }, (_, n) => `line ${n}\n`).join(""));
  expect(log.lines.length).toBeLessThan(100);
  expect(log.lines.at(-1)).toBe("line 4999");
});

it("remembers how many there were of a kind after they were written", () => {
  const log = new LogTail(benchOf([]), kinds);
  log.add("New client connected\nNew client connected\nsomething else\n");
  log.flush();
  log.add("New client connected\n");
  expect([log.count("connected"), log.count("other"), log.count("refused")]).toEqual([3, 1, 0]);
});
