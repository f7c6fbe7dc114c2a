import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import type { CoapResources } from "#contract/coap.ts";
import { notesOf } from "#contract/judging.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { loopback } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { startLibcoap, type TestLibcoap } from "#testing/libcoap.ts";
import { crossProtocol } from "./cross-protocol.ts";
import { groupActuation } from "./group-actuation.ts";
import { groupRequest } from "./group-request.ts";
import { grownResponse } from "./grown-response.ts";
import { notificationFlood } from "./notification-flood.ts";
import { observationTheft } from "./observation-theft.ts";
import { observerCrowd } from "./observer-crowd.ts";
import { reflection } from "./reflection.ts";
import { requestFlood } from "./request-flood.ts";
import { silentObserver } from "./silent-observer.ts";
import { unacknowledgedAnswers } from "./unacknowledged-answers.ts";

const group = "224.0.1.187";
/** What coap-server of libcoap is good for. */
const libcoapResources = {
  open: "",
  sensitive: [],
  ticking: "time",
  slow: "async?1",
  actuator: "example_data",
  large: "example_data",
  creatable: "new",
} as const satisfies CoapResources;

function groundOf(port: number, resources: CoapResources): Ground {
  const at = loopback(port, "coap");
  return {
    at,
    listeners: [at],
    identities: { devices: [] },
    facts: { id: "test", product: "test", fidelity: "simulated" },
    resources,
  };
}

function verdictsOf(attack: Pick<Attack, "checks">, record: RunRecord) {
  return Object.fromEntries(attack.checks.map((check) => [check.id, check.judge(record).verdict]));
}

function saysOf(attack: Pick<Attack, "checks">, record: RunRecord) {
  return attack.checks.map((check) => check.judge(record).says).join("\n");
}

describe("coap-server of libcoap 4.3.1", () => {
  let server: TestLibcoap;
  beforeAll(async () => {
    server = await startLibcoap({ program: "coap-server-notls", args: ["-d", "100"] });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const launch = (attack: Attack, parameters: JsonObject = {}) =>
    launchAlone(attack, groundOf(server.port, libcoapResources), parameters);

  it("answers its link list 2.65 times as long at Ethernet, and its example data far too long", async () => {
    const record = await launch(reflection, { listens: "500ms" });
    expect(notesOf(record.history, "reflected").map(({ detail }) => detail)).toContainEqual({
      request: "GET /.well-known/core",
      answers: ["2.05"],
      asked: 21,
      came: [158],
      coap: 7.52,
      ip: 3.8,
      ethernet: 2.65,
    });
    expect(verdictsOf(reflection, record)).toEqual({ "strangers-are-sent-little": "fail" });
    expect(saysOf(reflection, record)).toMatch(/GET \/example_data: 10\d\d bytes for 17/);
  });

  it("answers other protocols with RST, which starts nothing", async () => {
    const record = await launch(crossProtocol, { listens: "200ms" });
    expect(verdictsOf(crossProtocol, record)).toEqual({ "foreign-datagrams-start-nothing": "pass" });
    expect(saysOf(crossProtocol, record)).toContain("9 brought an empty message");
  });

  it("lets strangers make its answers grow", async () => {
    const record = await launch(grownResponse, { listens: "200ms" });
    expect(verdictsOf(grownResponse, record)).toEqual({ "strangers-cannot-grow-answers": "fail" });
    expect(saysOf(grownResponse, record)).toContain("/.well-known/core from 158 to 928 bytes");
  });

  it("sends one confirmable notification six times to a silent observer, and then leaves it alone", async () => {
    const record = await launch(silentObserver, { listens: "60s" });
    expect(verdictsOf(silentObserver, record)).toEqual({ "silent-observers-are-dropped": "pass" });
    expect(saysOf(silentObserver, record)).toMatch(/1 different notifications in 6 datagrams.*was then left alone/);
  });

  it("keeps observations from strangers, and ends them for their owners", async () => {
    const record = await launch(observationTheft);
    expect(verdictsOf(observationTheft, record)).toEqual({
      "foreign-resets-are-ignored": "pass",
      "message-ids-cannot-be-guessed": "pass",
      "observations-belong-to-their-observer": "pass",
    });
  });

  it("keeps one observation of one peer, and of as many peers as come", async () => {
    const record = await launch(observerCrowd);
    expect(verdictsOf(observerCrowd, record)).toEqual({
      "one-peer-cannot-fill-the-observer-list": "pass",
      "observers-are-limited": "fail",
    });
    expect(saysOf(observerCrowd, record)).toContain("100 were answered with Observe and 1 notified");
  });

  it("merges fast changes, and serves whoever asks as often as it is asked", async () => {
    const changes = await launch(notificationFlood);
    expect(verdictsOf(notificationFlood, changes)).toEqual({ "fast-changes-are-merged": "pass" });
    const flood = await launch(requestFlood, { lasts: "700ms" });
    expect(verdictsOf(requestFlood, flood)).toEqual({
      "requests-of-one-source-are-limited": "fail",
      "honest-requests-are-served-during-flood": "pass",
    });
  });

  it("sends late answers one after the other", async () => {
    const record = await launch(unacknowledgedAnswers, { listens: "300ms" });
    expect(verdictsOf(unacknowledgedAnswers, record)).toEqual({ "separate-answers-are-limited": "pass" });
  });
});

// Its sockets must take what is sent to the group, so it cannot be bound to 127.0.0.1; the group is joined on lo alone.
const startInGroup = (...more: readonly string[]) =>
  startLibcoap({ program: "coap-server-notls", host: "0.0.0.0", args: ["-g", group, "-G", "lo", ...more] });
const inGroup = ({ port }: TestLibcoap) => groundOf(port, { ...libcoapResources, group: { host: group, port } });

describe("coap-server in a multicast group", () => {
  it("spreads its answers, and answers what is malformed with RST", async () => {
    await using server = await startInGroup();
    const record = await launchAlone(groupRequest, inGroup(server));
    expect(verdictsOf(groupRequest, record)).toEqual({
      "group-answers-are-spread": "pass",
      "group-requests-bring-no-errors": "fail",
    });
    expect(saysOf(groupRequest, record)).toMatch(/should not be: a malformed message with RST$/);
  });

  it("lets a stranger move what it likes, unless it takes resources out of multicast", async () => {
    await using open = await startInGroup();
    const moved = await launchAlone(groupActuation, inGroup(open));
    expect(verdictsOf(groupActuation, moved)).toEqual({ "multicast-moves-no-actuator": "fail" });
    await using closed = await startInGroup("-r");
    const kept = await launchAlone(groupActuation, inGroup(closed));
    expect(verdictsOf(groupActuation, kept)).toEqual({ "multicast-moves-no-actuator": "pass" });
  });
});

it("finds coap-server -N flooding an observer whose round-trip time nobody knows", async () => {
  await using server = await startLibcoap({ program: "coap-server-notls", args: ["-N"] });
  const record = await launchAlone(notificationFlood, groundOf(server.port, libcoapResources));
  expect(verdictsOf(notificationFlood, record)).toEqual({ "fast-changes-are-merged": "fail" });
});
