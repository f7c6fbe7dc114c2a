import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import { topicsBelow } from "#contract/identity.ts";
import type { JsonObject } from "#contract/observation.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { loopback } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { startLibcoap } from "#testing/libcoap.ts";
import { dtlsHello } from "./dtls-hello.ts";
import { dtlsRecords } from "./dtls-records.ts";
import { dtlsSessions } from "./dtls-sessions.ts";
import { dtlsSuites } from "./dtls-suites.ts";
import { pskGuessing } from "./psk-guessing.ts";

const key = "secretPSK";
const deviceOf = (clientId: string) => ({
  clientId,
  username: clientId,
  password: key,
  topics: topicsBelow(`devices/${clientId}`),
});

/** A server whose DTLS is on this port, with one key for everybody. */
function groundOf(plain: number, secure: number): Ground {
  const [operator, intruder, victim] = ["operator", "intruder", "victim"].map(deviceOf);
  return {
    at: loopback(plain, "coap"),
    listeners: [loopback(secure, "coaps")],
    identities: {
      ...(operator && { operator }),
      ...(intruder && { intruder }),
      ...(victim && { victim }),
      devices: [],
    },
    facts: { id: "local:coap-server", product: "libcoap 4.3.1", fidelity: "emulated" },
    resources: { open: "time", sensitive: [] },
  };
}

async function answers(attack: Attack, ground: Ground, parameters?: JsonObject) {
  const record = await launchAlone(attack, ground, parameters);
  return attack.checks.map((check) => ({ id: check.id, ...check.judge(record) }));
}

async function verdicts(attack: Attack, ground: Ground, parameters?: JsonObject) {
  const all = await answers(attack, ground, parameters);
  return Object.fromEntries(all.map(({ id, verdict }) => [id, verdict]));
}

async function libcoap(program: "coap-server-openssl" | "coap-server-gnutls") {
  const server = await startLibcoap({ program, args: ["-k", key] });
  return { ground: groundOf(server.port, server.port + 1), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe.each(["coap-server-openssl", "coap-server-gnutls"] as const)("%s", (program) => {
  it("begins with a cookie, and drops what is replayed, changed or in clear", async () => {
    await using server = await libcoap(program);
    expect(await verdicts(dtlsHello, server.ground)).toEqual({ "handshakes-begin-with-a-cookie": "pass" });
    expect(await verdicts(dtlsRecords, server.ground)).toEqual({
      "replayed-records-are-dropped": "pass",
      "records-in-clear-change-nothing": "pass",
    });
  });

  it("always encrypts; whether it takes old suites and DTLS 1.0 is a matter of its library", async () => {
    await using server = await libcoap(program);
    const isOld = program === "coap-server-gnutls" ? "fail" : "pass";
    expect(await verdicts(dtlsSuites, server.ground)).toEqual({
      "records-are-always-encrypted": "pass",
      "only-aead-suites-are-taken": isOld,
      "dtls-1-0-is-refused": isOld,
    });
  });

  it("has one key for whoever comes, and says nothing to a wrong one", async () => {
    await using server = await libcoap(program);
    expect(await verdicts(pskGuessing, server.ground)).toEqual({
      "printed-keys-open-nothing": "fail",
      "keys-open-one-identity-only": "fail",
      "psk-guessing-is-slowed-down": "inconclusive",
      "unknown-identities-look-alike": "pass",
    });
  });

  it("serves nobody new beside as many half-open handshakes as it keeps, and everybody after them", async () => {
    await using server = await libcoap(program);
    const [answer] = await answers(dtlsSessions, server.ground, { window: "200ms" });
    expect(answer).toMatchObject({ verdict: "fail", says: expect.stringMatching(/without an answer\)$/) });
    expect(await verdicts(dtlsHello, server.ground)).toEqual({ "handshakes-begin-with-a-cookie": "pass" });
  });
});

it("decides nothing about openssl s_server, which would take suites without encryption, but answers no CoAP", async () => {
  const port = await openUdpPort({ host: "127.0.0.1", port: 0 });
  await port.close();
  const cipher = ["-cipher", "PSK-NULL-SHA256:PSK-AES128-GCM-SHA256:@SECLEVEL=0"];
  const accept = ["-accept", `127.0.0.1:${port.local.port}`, "-nocert", "-psk", Buffer.from(key).toString("hex")];
  const child = spawn("openssl", ["s_server", "-dtls1_2", ...accept, ...cipher], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  try {
    await once(child.stdout, "data");
    const [answer] = await answers(dtlsSuites, groundOf(port.local.port - 1, port.local.port));
    expect(answer).toMatchObject({ verdict: "inconclusive", says: expect.stringMatching(/^the control failed/) });
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
});
