import { expect, it } from "vitest";
import { VirtualClock } from "#testing/bench.ts";
import { wrongSecrets } from "./wrong-secrets.ts";

it("locks a source out of one account for a minute, which locked attempts do not prolong", () => {
  const clock = new VirtualClock();
  const secrets = wrongSecrets(clock, { maxWrongSecrets: 2, lockout: "source" });
  expect([secrets.wrong("a", "pump"), secrets.wrong("a", "pump")]).toEqual([false, true]);
  clock.advance(59_999);
  expect(secrets.isLocked("a", "pump")).toBe(true);
  expect(secrets.isLocked("a", "valve")).toBe(false);
  expect(secrets.isLocked("b", "pump")).toBe(false);
  clock.advance(1);
  expect(secrets.isLocked("a", "pump")).toBe(false);
});

it("forgets the wrong ones after a right one", () => {
  const secrets = wrongSecrets(new VirtualClock(), { maxWrongSecrets: 2, lockout: "source" });
  secrets.wrong("a", "pump");
  secrets.right("a", "pump");
  expect(secrets.wrong("a", "pump")).toBe(false);
});

it("locks the account for every source with lockout account", () => {
  const secrets = wrongSecrets(new VirtualClock(), { maxWrongSecrets: 1, lockout: "account" });
  secrets.wrong("a", "pump");
  expect(secrets.isLocked("b", "pump")).toBe(true);
});

it("remembers a bounded number of made-up names", () => {
  const secrets = wrongSecrets(new VirtualClock(), { maxWrongSecrets: 1, lockout: "source" });
  for (let n = 0; n <= 10_000; n += 1) secrets.wrong("a", `name-${n}`);
  expect(secrets.isLocked("a", "name-0")).toBe(false);
  expect(secrets.isLocked("a", "name-1")).toBe(true);
});
