import { describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import type { JsonObject } from "#contract/observation.ts";
import { loopback } from "#testing/bench.ts";
import { startTestDeviceServer } from "#testing/device-server.ts";
import { launchAlone } from "#testing/launch.ts";
import { type LibcoapServer, startLibcoap } from "#testing/libcoap.ts";
import { coapDtlsFuzz } from "./dtls-fuzz.ts";
import { coapFuzz } from "./fuzz.ts";
import { coapReplay } from "./replay.ts";

function groundOf(port: number, more: Partial<Ground> = {}): Ground {
  const at = loopback(port, "coap");
  return {
    at,
    listeners: [at, loopback(port + 1, "coaps")],
    identities: { operator: { clientId: "operator", password: "secretPSK" }, devices: [] },
    facts: { id: "test", product: "test", fidelity: "emulated" },
    resources: { open: "", sensitive: [], ticking: "time", actuator: "example_data" },
    ...more,
  };
}

async function answerOf(attack: Attack, ground: Ground, parameters: JsonObject) {
  const record = await launchAlone(attack, ground, parameters);
  const [check] = attack.checks;
  if (check === undefined) throw new Error(`${attack.id} has no check`);
  return { ...check.judge(record), history: record.history };
}

const plain = { identities: { devices: [] } };

/**
 * FETCH of /time with Observe, two PUTs and a DELETE of it by others, and a RST of the observer: coap-server 4.3.1 uses
 * the deleted resource. A fuzzing run found it, minimised from 13,666 messages.
 */
const deletedUnderObserver = [
  { from: 0, bytes: "40052a9b605474696d65" },
  { from: 1, bytes: "40034007b474696d65" },
  { from: 2, bytes: "40037dcab474696d65" },
  { from: 3, bytes: "4004d036b474696d65" },
  { from: 0, bytes: "70014000" },
];

describe("libcoap 4.3.1 from Debian", () => {
  it("dies of five messages that a fuzzing run found, which are all well formed", async () => {
    await using server = await startLibcoap({ program: "coap-server-notls", args: ["-d", "20"] });
    const parameters = { steps: deletedUnderObserver, times: 2, silentAfter: "600ms", comesBackWithin: "500ms" };
    const answer = await answerOf(coapReplay, groundOf(server.port, plain), parameters);
    expect(answer).toMatchObject({ verdict: "fail", says: "1 of 1 replays silenced the server" });
    expect(server.isRunning).toBe(false);
  });

  it("survives a message that a program sends any day", async () => {
    await using server = await startLibcoap({ program: "coap-server-notls" });
    const answer = await answerOf(coapReplay, groundOf(server.port, plain), { times: 3 });
    expect(answer).toMatchObject({ verdict: "pass", says: "0 of 3 replays silenced the server" });
  });

  it.each<LibcoapServer>(["coap-server-openssl", "coap-server-gnutls"])(
    "lives through two thousand odd sequences of DTLS records (%s)",
    async (program) => {
      await using server = await startLibcoap({ program, args: ["-k", "secretPSK"] });
      const answer = await answerOf(coapDtlsFuzz, groundOf(server.port), { cases: 2_000, lasts: "10s" });
      expect(answer).toMatchObject({ verdict: "pass", trials: { run: 2_000 } });
    },
  );
});

it("finds a fault of three ordinary messages, makes it as short as that, and keeps it", async () => {
  await using lab = await startTestDeviceServer("hardened", { plantedFault: "crash" });
  const { ports, resources, identities } = lab.server;
  const listeners = [loopback(ports.get("coap") ?? 0, "coap"), loopback(ports.get("coaps") ?? 0, "coaps")];
  const ground = groundOf(ports.get("coap") ?? 0, { listeners, identities, resources });
  const answer = await answerOf(coapFuzz, ground, { lasts: "2s", silentAfter: "600ms", comesBackWithin: "2s" });
  expect(answer.verdict).toBe("fail");
  expect(answer.says).toMatch(/a sequence of 3 messages silences it, 5 of 5 times, kept in fuzz-case.json/);
});
