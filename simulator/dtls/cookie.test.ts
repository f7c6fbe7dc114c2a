import { describe, expect, it } from "vitest";
import { randomOf, VirtualClock } from "#testing/bench.ts";
import { cookies } from "./cookie.ts";

const peer = { host: "10.0.0.2", port: 1_024 };
const hello = {
  version: 0xfefd,
  random: Buffer.alloc(32, 1),
  sessionId: Buffer.alloc(0),
  cookie: Buffer.alloc(0),
};

function fixture() {
  const clock = new VirtualClock();
  const made = cookies({ clock, random: randomOf(2) });
  return { clock, made, answered: { ...hello, cookie: made.of(peer, hello) } };
}

describe("a cookie", () => {
  it("is good for the client and the hello that it was made for", () => {
    const { made, answered } = fixture();
    expect(made.isGood(peer, answered)).toBe(true);
  });

  it("is good for nobody else", () => {
    const { made, answered } = fixture();
    expect(made.isGood({ ...peer, port: 1_025 }, answered)).toBe(false);
    expect(made.isGood({ ...peer, host: "10.0.0.3" }, answered)).toBe(false);
    expect(made.isGood(peer, { ...answered, random: Buffer.alloc(32, 2) })).toBe(false);
    expect(made.isGood(peer, { ...answered, sessionId: Buffer.from("other") })).toBe(false);
    expect(made.isGood(peer, hello)).toBe(false);
    expect(made.isGood(peer, { ...answered, cookie: Buffer.alloc(answered.cookie.length) })).toBe(false);
  });

  it("of another server is not good", () => {
    const { clock, answered } = fixture();
    expect(cookies({ clock, random: randomOf(3) }).isGood(peer, answered)).toBe(false);
  });

  it("is good for a minute, and no longer than two", () => {
    const { clock, made, answered } = fixture();
    clock.advance(60_000);
    expect(made.isGood(peer, answered)).toBe(true);
    clock.advance(60_000);
    expect(made.isGood(peer, answered)).toBe(false);
  });
});
