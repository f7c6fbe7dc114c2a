import { expect, it } from "vitest";
import { sessionResume } from "./session-resume.ts";

it("lasts until every message is written and every client is back", () => {
  const short = sessionResume.parameters.parse({ clients: 10, messages: 1, rate: 10 });
  const long = sessionResume.parameters.parse({ clients: 10, messages: 11, rate: 10 });
  expect(sessionResume.lastsMs(long) - sessionResume.lastsMs(short)).toBe(10_000);
});

it("queues no more for a client than a hardened Mosquitto keeps", () => {
  expect(sessionResume.parameters.safeParse({ messages: 91 }).success).toBe(false);
});
