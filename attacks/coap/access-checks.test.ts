import { describe, expect, it } from "vitest";
import type { Attack } from "#contract/attack.ts";
import { pursued } from "#testing/pursued.ts";
import { recordOf } from "#testing/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { directoryLookup } from "./directory-lookup.ts";
import { directoryTakeover } from "./directory-takeover.ts";
import { discovery } from "./discovery.ts";
import { foreignPaths } from "./foreign-paths.ts";
import { lwm2mBodies } from "./lwm2m-bodies.ts";
import { lwm2mBootstrap } from "./lwm2m-bootstrap.ts";
import { lwm2mFirmware } from "./lwm2m-firmware.ts";
import { lwm2mObjects } from "./lwm2m-objects.ts";
import { openProxy } from "./open-proxy.ts";
import { oscoreOptions } from "./oscore-options.ts";
import { pathConfusion } from "./path-confusion.ts";
import { plainAccess } from "./plain-access.ts";
import { proxyCache } from "./proxy-cache.ts";

const both: Inside = { action: "listeners", phase: "noted", detail: { plain: true, secure: true } };
const filled: Inside = { action: "fill", phase: "ok", found: { answer: "2.05" } };

interface Row {
  readonly attack: Pick<Attack, "id" | "checks">;
  readonly check: string;
  readonly goals: readonly string[];
  readonly before?: readonly Inside[];
}

/** Checks that ask whether somebody reached what they wanted, and the goals that they look at. */
const rows: readonly Row[] = [
  { attack: plainAccess, check: "sensitive-reads-need-security", goals: ["read"], before: [both] },
  { attack: plainAccess, check: "actuation-needs-security", goals: ["move"], before: [both] },
  { attack: plainAccess, check: "creation-needs-security", goals: ["create"], before: [both] },
  { attack: plainAccess, check: "security-cannot-be-left-out", goals: ["cross"], before: [both] },
  { attack: discovery, check: "guessed-paths-give-nothing", goals: ["guess"] },
  { attack: foreignPaths, check: "devices-read-only-their-own", goals: ["read"], before: [both] },
  { attack: foreignPaths, check: "devices-command-only-themselves", goals: ["command"], before: [both] },
  { attack: pathConfusion, check: "paths-have-one-spelling", goals: ["read", "write"] },
  { attack: openProxy, check: "strangers-cannot-proxy", goals: ["proxy"] },
  { attack: openProxy, check: "inner-network-is-out-of-reach", goals: ["reach"] },
  { attack: proxyCache, check: "cached-answers-stay-with-who-asked", goals: ["read"], before: [filled] },
  { attack: directoryTakeover, check: "registrations-belong-to-their-owner", goals: ["take over"] },
  { attack: directoryTakeover, check: "registration-names-are-proven", goals: ["impersonate"] },
  { attack: directoryLookup, check: "strangers-look-up-nothing", goals: ["look up"] },
  { attack: lwm2mObjects, check: "security-object-is-unreadable", goals: ["secret"] },
  { attack: lwm2mObjects, check: "only-the-owner-operates-the-device", goals: ["operate"] },
  { attack: lwm2mBootstrap, check: "bootstrap-takes-the-right-server", goals: ["bootstrap"] },
  { attack: lwm2mFirmware, check: "package-uris-are-limited", goals: ["fetch"] },
  { attack: lwm2mFirmware, check: "firmware-states-are-kept", goals: ["install"] },
  { attack: lwm2mBodies, check: "malformed-bodies-are-refused", goals: ["write"] },
  { attack: oscoreOptions, check: "unverified-messages-are-refused", goals: ["pass"] },
];

describe.each(rows)("$check", ({ attack, check, goals, before = [] }) => {
  const answer = (given: Partial<Parameters<typeof threeBeats>[1]>) =>
    attack.checks.find(({ id }) => id === check)?.judge(threeBeats(attack.id, given));
  const after = (reached: readonly (boolean | null)[]) =>
    answer({ attack: [...before, ...goals.flatMap((goal) => reached.map((each) => pursued(goal, each)))] });

  it("fails where a goal was reached, whatever else is open", () => {
    expect(after([false, true, null])).toMatchObject({
      verdict: "fail",
      says: expect.stringContaining("stranger: GET"),
    });
  });

  it("passes where none was, and the target still serves", () => {
    expect(after([false, false])).toMatchObject({ verdict: "pass", measure: { lost: 0 } });
  });

  it("is inconclusive where nobody knows of one", () => {
    expect(after([false, null])).toMatchObject({ verdict: "inconclusive" });
  });

  it("is not tested where nothing of the kind was tried, or the attack was not run", () => {
    expect(answer({ attack: [...before, pursued("something else", true)] })).toMatchObject({ verdict: "not-tested" });
    expect(attack.checks.find(({ id }) => id === check)?.judge(recordOf([]))).toMatchObject({ verdict: "not-tested" });
  });

  it("is inconclusive where the control failed, or the target was not seen serving afterwards", () => {
    const inside = [...before, ...goals.map((goal) => pursued(goal, false))];
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(answer({ ended })).toMatchObject({ verdict: "inconclusive" });
    expect(answer({ attack: inside, ended: { recovery: "unknown" } })).toMatchObject({ verdict: "inconclusive" });
  });
});

const listeners = (plain: boolean, secure: boolean): Inside => ({
  action: "listeners",
  phase: "noted",
  detail: { plain, secure },
});
const verdicts = (attack: Pick<Attack, "id" | "checks">, note: Inside) =>
  attack.checks.map((check) => check.judge(threeBeats(attack.id, { attack: [note] })).verdict);

describe("where a listener is missing", () => {
  it("nothing is tested without security on a target that has none without DTLS", () => {
    expect(verdicts(plainAccess, listeners(false, true))).toEqual(Array(4).fill("not-tested"));
  });

  it("DTLS cannot be left out where there is none", () => {
    expect(verdicts(plainAccess, listeners(true, false)).at(-1)).toBe("not-applicable");
  });

  it("no device can be told from another without DTLS", () => {
    expect(verdicts(foreignPaths, listeners(true, false))).toEqual(["not-tested", "not-tested"]);
  });
});

it("tells of a target that an attack has left dead", () => {
  const record = threeBeats(openProxy.id, { attack: [pursued("proxy", true)], ended: { recovery: "unknown" } });
  expect(openProxy.checks[0]?.judge(record)).toMatchObject({
    verdict: "fail",
    says: expect.stringMatching(/not seen serving afterwards$/),
  });
});

it("does not judge spellings where nobody is answered at all", () => {
  const note: Inside = { action: "by-its-own-path", phase: "noted", detail: { answered: false } };
  const record = threeBeats(pathConfusion.id, { attack: [note] });
  expect(pathConfusion.checks[0]?.judge(record)).toMatchObject({ verdict: "inconclusive" });
});
