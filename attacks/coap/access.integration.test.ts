import { describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import { type DeviceIdentity, topicsBelow } from "#contract/identity.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { startLibcoap, type TestLibcoap } from "#testing/libcoap.ts";
import { borrowedName } from "./borrowed-name.ts";
import { directoryFlood } from "./directory-flood.ts";
import { directoryTakeover } from "./directory-takeover.ts";
import { discovery } from "./discovery.ts";
import { foreignPaths } from "./foreign-paths.ts";
import { openProxy } from "./open-proxy.ts";
import { oscoreOptions } from "./oscore-options.ts";
import { openAsker } from "./parts/access-asker.ts";
import { readText } from "./parts/access-rightful.ts";
import { pathConfusion } from "./path-confusion.ts";
import { plainAccess } from "./plain-access.ts";
import { proxyCache } from "./proxy-cache.ts";
import { proxyLoop } from "./proxy-loop.ts";

const key = "secretPSK";
const deviceOf = (clientId: string): DeviceIdentity => ({
  clientId,
  username: clientId,
  password: key,
  topics: topicsBelow(`devices/${clientId}`),
});

const facts = { id: "local:coap-server", product: "libcoap 4.3.1", fidelity: "emulated" } as const;
const example = { open: "time", sensitive: ["example_data"], actuator: "example_data", creatable: "" } as const;

/** What is known of a coap-server: the resource that it brings takes a PUT from anybody. */
function groundOf({ port }: TestLibcoap): Ground {
  return { at: loopback(port, "coap"), listeners: [], identities: { devices: [] }, facts, resources: example };
}

/** The same with DTLS on the port above, and one key for everybody. */
function secureGroundOf(server: TestLibcoap): Ground {
  const identities = {
    operator: { clientId: "operator", username: "operator", password: key },
    intruder: deviceOf("intruder"),
    victim: deviceOf("victim"),
    devices: [],
  };
  return { ...groundOf(server), listeners: [loopback(server.port + 1, "coaps")], identities };
}

async function verdicts(attack: Attack, ground: Ground) {
  const record = await launchAlone(attack, ground);
  return Object.fromEntries(attack.checks.map((check) => [check.id, check.judge(record).verdict]));
}

describe("coap-server-notls of libcoap", () => {
  it("lets strangers read, set and delete, and make resources where it takes new ones", async () => {
    await using server = await startLibcoap({ program: "coap-server-notls", args: ["-d", "10"] });
    expect(await verdicts(plainAccess, groundOf(server))).toEqual({
      "sensitive-reads-need-security": "fail",
      "actuation-needs-security": "fail",
      "creation-needs-security": "fail",
      "security-cannot-be-left-out": "not-applicable",
    });
  });

  it("makes no resources where it takes none", async () => {
    await using server = await startLibcoap({ program: "coap-server-notls" });
    expect(await verdicts(plainAccess, groundOf(server))).toMatchObject({ "creation-needs-security": "pass" });
  });

  it("is left with what was in it before", async () => {
    await using server = await startLibcoap({ program: "coap-server-notls", args: ["-d", "30"] });
    await using reader = await openAsker(benchOf([], { clock: realClock() }), groundOf(server), "reader", undefined);
    const all = () => Promise.all([".well-known/core", "example_data"].map((path) => readText(reader, path, 1_000)));
    const before = await all();
    for (const attack of [plainAccess, pathConfusion, discovery]) await verdicts(attack, groundOf(server));
    expect(await all()).toEqual(before);
  });

  it("lists what it has to strangers, and has nothing that one would guess", async () => {
    await using server = await startLibcoap({ program: "coap-server-notls" });
    expect(await verdicts(discovery, groundOf(server))).toEqual({
      "links-tell-strangers-nothing-private": "fail",
      "guessed-paths-give-nothing": "pass",
    });
  });

  it("compares paths segment by segment, and refuses OSCORE, which it does not know", async () => {
    await using server = await startLibcoap({ program: "coap-server-notls" });
    expect(await verdicts(pathConfusion, groundOf(server))).toEqual({ "paths-have-one-spelling": "pass" });
    expect(await verdicts(oscoreOptions, groundOf(server))).toEqual({ "unverified-messages-are-refused": "pass" });
  });

  it("is no proxy unless it is told to be one", async () => {
    await using server = await startLibcoap({ program: "coap-server-notls" });
    expect(new Set(Object.values(await verdicts(openProxy, groundOf(server))))).toEqual(new Set(["pass"]));
    expect(await verdicts(proxyLoop, groundOf(server))).toEqual({ "forwarding-keeps-its-limits": "not-applicable" });
  });

  it("is a proxy for everybody, to everywhere and in a circle, where it is told to be one", async () => {
    await using server = await startLibcoap({ program: "coap-server-notls", args: ["-P", ",any.name"] });
    expect(new Set(Object.values(await verdicts(openProxy, groundOf(server))))).toEqual(new Set(["fail"]));
    expect(await verdicts(proxyLoop, groundOf(server))).toEqual({ "forwarding-keeps-its-limits": "fail" });
  });
});

describe("coap-server-openssl of libcoap, with one key for everybody", () => {
  it("serves without DTLS what it serves with it, and every device as any other", async () => {
    await using server = await startLibcoap({ program: "coap-server-openssl", args: ["-k", key] });
    const ground = secureGroundOf(server);
    expect(await verdicts(plainAccess, ground)).toMatchObject({ "security-cannot-be-left-out": "fail" });
    expect(await verdicts(foreignPaths, ground)).toEqual({
      "devices-read-only-their-own": "fail",
      "devices-command-only-themselves": "fail",
    });
    expect(await verdicts(borrowedName, ground)).toEqual({ "a-key-opens-only-its-own-name": "fail" });
  });

  it("keeps no answers, where it is a proxy", async () => {
    await using server = await startLibcoap({ program: "coap-server-openssl", args: ["-k", key, "-P", ",any.name"] });
    expect(await verdicts(proxyCache, secureGroundOf(server))).toEqual({
      "cached-answers-stay-with-who-asked": "pass",
    });
  });

  it("leaves every check undecided where the key is wrong", async () => {
    await using server = await startLibcoap({ program: "coap-server-openssl", args: ["-k", "another key"] });
    const ground = secureGroundOf(server);
    for (const attack of [plainAccess, foreignPaths] satisfies readonly Attack[]) {
      expect(new Set(Object.values(await verdicts(attack, ground)))).toEqual(new Set(["inconclusive"]));
    }
  });
});

describe("coap-rd-notls of libcoap", () => {
  const resources = { open: ".well-known/core", sensitive: [], directory: "rd" } as const;

  it("lets whoever comes take over a registration, and dies of a DELETE", async () => {
    await using server = await startLibcoap({ program: "coap-rd-notls" });
    const record = await launchAlone(directoryTakeover, { ...groundOf(server), resources });
    const answer = directoryTakeover.checks[0]?.judge(record);
    expect(answer).toMatchObject({ verdict: "fail" });
    expect(answer?.says).toContain("stranger: POST of the same name");
    expect(answer?.says).toMatch(/not seen serving afterwards$/);
    expect(server.isRunning).toBe(false);
  });

  it("takes as many registrations as come", async () => {
    await using server = await startLibcoap({ program: "coap-rd-notls" });
    expect(await verdicts(directoryFlood, { ...groundOf(server), resources })).toEqual({
      "registrations-are-limited": "fail",
      "lookups-come-in-pages": "not-tested",
    });
  });
});
