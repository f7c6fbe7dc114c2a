import { describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { RunningTarget, Target } from "#contract/target.ts";
import { realClock } from "#engine/real-clock.ts";
import { embeddedCoap } from "#targets/embedded-coap.ts";
import { localCoapClient } from "#targets/local-coap-client.ts";
import { benchOf, loopback } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { callerTokens } from "./caller-tokens.ts";
import { downgrade } from "./downgrade.ts";
import { dtlsHello } from "./dtls-hello.ts";
import { dtlsRecords } from "./dtls-records.ts";
import { dtlsSessions } from "./dtls-sessions.ts";
import { dtlsSuites } from "./dtls-suites.ts";
import { overloadHints } from "./overload-hints.ts";
import { pskGuessing } from "./psk-guessing.ts";
import { responseInjection } from "./response-injection.ts";
import { retransmission } from "./retransmission.ts";
import { staleNotifications } from "./stale-notifications.ts";

const onDevices: readonly Attack[] = [
  responseInjection,
  callerTokens,
  staleNotifications,
  retransmission,
  overloadHints,
  downgrade,
];
const all: readonly Attack[] = [dtlsHello, dtlsSuites, dtlsRecords, pskGuessing, dtlsSessions, ...onDevices];
/** Each wait as short as it may be without changing what is found. */
const parameters: { readonly [attack: string]: JsonObject } = {
  [downgrade.id]: { window: "5s" },
  [callerTokens.id]: { calls: 6 },
};

function start(target: Target, posture: "hardened" | "weak"): Promise<RunningTarget> {
  return target.start(
    benchOf([], { clock: realClock() }),
    async ({ scheme, port, ...more }) => loopback(port, scheme, more),
    { posture, knobs: {}, devices: 1, lease: () => {}, environment: {} },
  );
}

function groundOf(target: RunningTarget): Ground {
  const { main, identities, facts, resources, caller } = target;
  const secure = target.address("coaps");
  const listeners = secure ? [secure] : [];
  return { at: main, listeners, identities, facts, ...(resources && { resources }), ...(caller && { caller }) };
}

/** Verdicts by check, of one attack after the other on the same target. */
async function verdicts(attacks: readonly Attack[], target: RunningTarget) {
  const found: Record<string, string> = {};
  for (const attack of attacks) {
    const record = await launchAlone(attack, groundOf(target), parameters[attack.id]);
    for (const check of attack.checks) found[check.id] = check.judge(record).verdict;
  }
  return found;
}

/** The same verdict for each check. */
function each(attacks: readonly Attack[], verdict: string) {
  return Object.fromEntries(attacks.flatMap(({ checks }) => checks).map(({ id }) => [id, verdict]));
}

describe("embedded-coap", () => {
  it("passes everything when hardened, and is as it was afterwards", async () => {
    await using target = await start(embeddedCoap, "hardened");
    expect(await verdicts(all, target)).toEqual(each(all, "pass"));
    expect(await verdicts([dtlsSuites, responseInjection], target)).toEqual(
      each([dtlsSuites, responseInjection], "pass"),
    );
  });

  it("fails everything when weak", async () => {
    await using target = await start(embeddedCoap, "weak");
    expect(await verdicts(all, target)).toEqual(each(all, "fail"));
  });

  it("is not judged where nothing legitimate succeeds", async () => {
    await using target = await start(embeddedCoap, "hardened");
    const { operator } = target.identities;
    const identities = { ...target.identities, ...(operator && { operator: { ...operator, password: "wrong" } }) };
    const locked = { ...target, identities };
    expect(await verdicts(onDevices, locked)).toEqual(each(onDevices, "inconclusive"));
  });
});

describe("coap-client of libcoap", () => {
  it("guards DTLS and its retries, but has one token for all, and takes old states for new", async () => {
    await using target = await start(localCoapClient, "hardened");
    expect(await verdicts(onDevices, target)).toEqual({
      "answers-of-others-are-dropped": "pass",
      "blind-answers-are-dropped": "fail",
      "requests-cannot-be-guessed": "fail",
      "source-ports-vary": "pass",
      "old-states-are-not-taken": "fail",
      "retries-back-off": "pass",
      // It is run once a second, whatever it was answered.
      "overload-hints-are-heeded": "fail",
      "secure-calls-never-fall-back": "pass",
    });
  });
});
