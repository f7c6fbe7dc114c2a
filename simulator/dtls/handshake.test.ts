import { describe, expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import { randomOf } from "#testing/bench.ts";
import { dtlsPair, pairIdentity } from "#testing/dtls-pair.ts";
import type { Fate } from "../udp/memory-network.ts";
import { allSuites, suiteName } from "./cipher-suite.ts";
import { partsOf } from "./heard-part.ts";
import { readRecords } from "./record.ts";
import { dtlsVersion } from "./version.ts";

/** What a client's question comes back as. */
async function ask(pair: ReturnType<typeof dtlsPair>, options: Parameters<typeof pair.connect>[0] = {}) {
  const session = await pair.connect(options);
  const answers: string[] = [];
  session.hear((bytes) => void answers.push(bytes.toString()));
  session.send(Buffer.from("open?"));
  await pair.pass(50);
  return { session, answers };
}

/** Loses so many of a hundred datagrams, sends a fifth of the others twice, and all of them up to 40 ms late. */
function rough(seed: number, lossPercent: number): Fate {
  const random = randomOf(seed);
  const arrivesMs = () => random.integer(0, 40);
  return () => {
    if (random.integer(0, 100) < lossPercent) return [];
    return random.integer(0, 5) === 0 ? [arrivesMs(), arrivesMs()] : [arrivesMs()];
  };
}

/** Holds up the flight that ends a handshake. */
const slowEnd: Fate = (bytes) => [partsOf(Buffer.from(bytes))[0]?.kind === "change-cipher-spec" ? 30 : 0];

describe("a handshake", () => {
  it.each(allSuites.map((id) => [suiteName(id), id] as const))(
    "agrees on %s, and both sides can speak",
    async (_n, id) => {
      const pair = dtlsPair({ knobs: { dtlsSuites: "weak" } });
      const { session, answers } = await ask(pair, { suites: [id] });
      expect(answers).toEqual(["open!"]);
      expect(session).toMatchObject({ suite: { id }, version: dtlsVersion["1.2"], isExtended: true, isOpen: true });
      expect(pair.heard).toEqual([{ text: "open?", from: { host: "10.0.0.2", port: 1_024, identity: pairIdentity } }]);
    },
  );

  it.each([0x008c, 0x008d, 0x002c])("of DTLS 1.0 agrees on suite %i", async (id) => {
    const pair = dtlsPair({ knobs: { dtlsSuites: "weak", dtlsVersions: "1.0-too" } });
    const { session, answers } = await ask(pair, { suites: [id], version: dtlsVersion["1.0"] });
    expect(answers).toEqual(["open!"]);
    expect(session.version).toBe(dtlsVersion["1.0"]);
  });

  it("goes without the extended master secret where the client does not offer it, and with a hint", async () => {
    const pair = dtlsPair({ knobs: { pskHint: "a hint" } });
    const { session, answers } = await ask(pair, { extendedMasterSecret: false });
    expect(answers).toEqual(["open!"]);
    expect(session.isExtended).toBe(false);
  });

  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    "completes with a fifth of the datagrams lost, others twice or late (seed %i)",
    async (seed) => {
      const pair = dtlsPair({ fate: rough(seed, 20) });
      const session = await pair.connect({ withinMs: 120_000 });
      expect(session.isOpen).toBe(true);
      expect(pair.server.counts).toMatchObject({ handshakes: 0, sessions: 1 });
    },
  );

  it("completes though its hello comes in pieces", async () => {
    const pair = dtlsPair();
    const { answers } = await ask(pair, { fragmentBytes: 53 });
    expect(answers).toEqual(["open!"]);
  });

  it("sends its flight again after 1, 2, 4 … seconds, and gives up in time", async () => {
    const sentAtMs: number[] = [];
    const pair = dtlsPair({
      fate: () => {
        sentAtMs.push(pair.clock.nowMs());
        return [];
      },
    });
    const tried = pair.connect({ withinMs: 20_000 });
    await expect(tried).rejects.toThrow("no ServerHello in 20000 ms");
    await expect(tried).rejects.not.toBeInstanceOf(Refused);
    expect(sentAtMs).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
    expect(pair.clock.nowMs()).toBeGreaterThanOrEqual(20_000);
  });

  it("whose last flight is lost is completed by asking for it again", async () => {
    let lost = 0;
    const isLast: Fate = (bytes, from) => {
      const isServers = from.port === 5_684 && readRecords(Buffer.from(bytes)).some(({ epoch }) => epoch === 1);
      if (isServers && lost++ < 2) return [];
      return [0];
    };
    const pair = dtlsPair({ fate: isLast });
    const { answers } = await ask(pair);
    expect(answers).toEqual(["open!"]);
    expect(lost).toBeGreaterThan(2);
  });

  it("gives the data that overtook its last flight to whoever listens", async () => {
    const pair = dtlsPair({ fate: slowEnd });
    const connecting = pair.connect();
    await pair.pass(10);
    pair.server.send(Buffer.from("early"), { host: "10.0.0.2", port: 1_024 });
    const session = await connecting;
    const heard: string[] = [];
    session.hear((bytes) => void heard.push(bytes.toString()));
    expect(heard).toEqual(["early"]);
  });
});
