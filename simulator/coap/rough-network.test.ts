import { array, assert, asyncProperty, constantFrom, integer, record } from "fast-check";
import { expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { asks, coapRig, rigServer } from "#testing/coap-rig.ts";
import { openCoapClient } from "./client.ts";
import { code, isSuccess } from "./code.ts";
import { decode, encode, isMessage, messageType } from "./message.ts";
import { option, optionNumber } from "./option.ts";

const to = rigServer;

/** Loses, doubles and delays datagrams, so that they overtake one another. */
function rough(seed: number, share: number) {
  const random = randomOf(seed);
  const delay = () => 1 + Math.floor(random.next() * (random.next() < 0.2 ? 4_000 : 50));
  return () => {
    if (random.next() < share) return [];
    return random.next() < share ? [delay(), delay()] : [delay()];
  };
}

function clientOf({ network }: ReturnType<typeof coapRig>, seed: number, nstart = 1) {
  const bench = { clock: network, random: randomOf(seed), signal: new AbortController().signal };
  return openCoapClient(network.open("10.0.0.2", 40_000), bench, { nstart });
}

const weather = record({ seed: integer({ min: 1, max: 1e9 }), percent: integer({ min: 0, max: 35 }) });

it("carries every request out at most once, and exactly once where it was answered", async () => {
  await assert(
    asyncProperty(weather, constantFrom("none", "echo"), async ({ seed, percent }, freshness) => {
      const rig = coapRig({ freshness }, { fate: rough(seed, percent / 100) });
      const client = clientOf(rig, seed, 4);
      const names = Array.from({ length: 12 }, (_, n) => `counters/${n}`);
      const requests = names.map((path) => client.request({ to, code: code.post, path, withinMs: 200_000 }));
      const ended = await rig.network.settle(Promise.allSettled(requests));
      await rig.network.pass(10_000);
      for (const [at, path] of names.entries()) {
        const times = Number(rig.state.get(path) ?? 0);
        const end = ended[at];
        const isDone = end?.status === "fulfilled" && isSuccess(end.value.code);
        expect(times).toBeGreaterThanOrEqual(isDone ? 1 : 0);
        expect(times).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 60 },
  );
});

it("brings bodies up and back whole or not at all", async () => {
  const size = integer({ min: 0, max: 9_000 });
  const blockSize = constantFrom(64, 256, 1_024);
  await assert(
    asyncProperty(weather, size, blockSize, async ({ seed, percent }, length, bytes) => {
      const rig = coapRig({ maxRequestsPerSecond: 0 }, { fate: rough(seed, percent / 200) });
      const bench = { clock: rig.network, random: randomOf(seed), signal: new AbortController().signal };
      const client = openCoapClient(rig.network.open("10.0.0.2", 40_000), bench, { blockSize: bytes });
      const body = Buffer.from(Array.from({ length }, (_, at) => (at * seed) % 256));
      const up = client.request({ to, code: code.put, path: "body", payload: body, withinMs: 3_000_000 });
      const [stored] = await rig.network.settle(Promise.allSettled([up]));
      const held = rig.state.get("body");
      expect(held === undefined || body.equals(Buffer.from(held))).toBe(true);
      expect(held !== undefined || !(stored.status === "fulfilled" && isSuccess(stored.value.code))).toBe(true);
      rig.state.set("body", body);
      const down = client.request({ to, code: code.get, path: "body", withinMs: 3_000_000 });
      const [read] = await rig.network.settle(Promise.allSettled([down]));
      expect(read.status === "rejected" || read.value.payload.equals(body)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

it("ends every request once, with at most NSTART under way and five transmissions, whatever comes in", async () => {
  const said = record({
    kind: constantFrom("ack", "rst", "piggybacked", "separate", "non", "junk"),
    which: integer({ min: 0, max: 9 }),
  });
  await assert(
    asyncProperty(array(said, { maxLength: 25 }), integer({ min: 1, max: 3 }), async (script, nstart) => {
      const rig = coapRig({}, { at: { host: "10.0.0.77", port: 1 } });
      const { port, heard } = rig.network.listen(to.host, to.port);
      const client = clientOf(rig, 3, nstart);
      const ends: string[] = [];
      const requests = Array.from({ length: 5 }, (_, n) =>
        client.request({ to, code: code.get, path: `${n}`, withinMs: 120_000 }).then(
          () => ends.push(`${n}`),
          () => ends.push(`${n}`),
        ),
      );
      const quiet = new Set<number>();
      for (const { kind, which } of script) {
        await rig.network.pass(300);
        const asked = heard
          .map(({ bytes }) => decode(bytes))
          .filter(isMessage)
          .filter((message) => message.code === code.get);
        const open = new Set(asked.map(({ messageId }) => messageId).filter((id) => !quiet.has(id)));
        expect(open.size).toBeLessThanOrEqual(nstart);
        const request = asked[which % Math.max(1, asked.length)];
        if (request === undefined) continue;
        if (kind !== "junk") quiet.add(request.messageId);
        const type = { ack: 2, rst: 3, piggybacked: 2, separate: 0, non: 1, junk: 2 } as const;
        const isEmpty = kind === "ack" || kind === "rst";
        const answer = encode({
          ...asks(""),
          type: type[kind],
          code: isEmpty ? code.empty : code.content,
          messageId: kind === "separate" || kind === "non" ? 5_000 + which : request.messageId,
          token: isEmpty ? Buffer.alloc(0) : request.token,
        });
        port.send(kind === "junk" ? answer.subarray(0, 3) : answer, { host: "10.0.0.2", port: 40_000 });
      }
      await rig.network.settle(Promise.all(requests));
      expect(ends.toSorted()).toEqual(["0", "1", "2", "3", "4"]);
      // The first byte of a confirmable request with a token of four bytes.
      const sent = heard.map(({ bytes }) => bytes.toString("hex")).filter((hex) => hex.startsWith("44"));
      const most = Math.max(
        ...Map.groupBy(sent, (hex) => hex)
          .values()
          .map(({ length }) => length),
      );
      expect(most).toBeLessThanOrEqual(5);
    }),
    { numRuns: 60 },
  );
});

it("has at most one notification under way to an observer, and at last tells the newest state", async () => {
  const step = constantFrom("change", "acknowledge", "wait");
  await assert(
    asyncProperty(array(step, { maxLength: 30 }), async (steps) => {
      const rig = coapRig({ firstResponse: "whole" });
      rig.state.set("t", "0");
      const peer = rig.peer();
      await peer.ask(asks("t", { options: [option(optionNumber.observe, 0)] }));
      let told = "0";
      const underWay = new Set<number>();
      const look = async (ms: number) => {
        for (const { type, messageId, payload } of await peer.hear(ms)) {
          if (type !== messageType.con) continue;
          underWay.add(messageId);
          told = Buffer.from(payload).toString();
        }
        expect(underWay.size).toBeLessThanOrEqual(1);
      };
      const acknowledge = () => {
        for (const messageId of underWay)
          peer.send({ ...asks(""), type: 2, code: 0, messageId, token: Buffer.alloc(0) });
        underWay.clear();
      };
      let value = 0;
      for (const each of steps) {
        if (each === "change") rig.change("t", String(++value));
        if (each === "acknowledge") acknowledge();
        await look(each === "wait" ? 200 : 10);
      }
      for (let round = 0; round < 2; round++) {
        acknowledge();
        await look(50);
      }
      expect(told).toBe(String(value));
    }),
    { numRuns: 60 },
  );
});
