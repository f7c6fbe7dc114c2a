import { describe, expect, it } from "vitest";
import { benchOf, realClock } from "#testing/bench.ts";
import { startTestDeviceServer } from "#testing/device-server.ts";
import { code } from "../coap/code.ts";
import { openGroupPort } from "../coap/group-port.ts";
import { decode, encode, isMessage, messageType } from "../coap/message.ts";
import { option, optionNumber, pathOptions } from "../coap/option.ts";
import { openProbe } from "../coap/probe.ts";

const put = { code: code.put, payload: "open" };

/** What the actuator says after the group was told to set it. */
async function actuatedByGroup(knobs: { readonly [name: string]: string }) {
  await using test = await startTestDeviceServer("hardened", { plainAccess: "open", freshness: "none", ...knobs });
  const { group = { host: "", port: 0 } } = test.server.resources;
  await using operator = await test.as("operator");
  const port = await openGroupPort({ host: group.host, port: 0 });
  const options = pathOptions("devices/victim/command");
  const write = { type: messageType.non, code: code.put, messageId: 1, token: Buffer.of(1), options };
  port.send(encode({ ...write, payload: Buffer.from("open") }), group);
  // What the same server is asked afterwards is answered afterwards.
  await operator.ask("info");
  const state = await operator.text("devices/victim/command");
  await port.close();
  return state;
}

describe("the embedded device server", () => {
  it.each(["restart", "kill"] as const)(
    "can %s: on the same ports, with the same keys, and without what it held",
    async (how) => {
      await using test = await startTestDeviceServer("hardened");
      const before = [...test.server.ports];
      const operator = await test.as("operator");
      await operator.ask("devices/victim/command", put);
      await operator.ask("rd?ep=pump", { code: code.post });
      await test.server[how](20);
      expect([...test.server.ports]).toEqual(before);
      // Its session is gone with the server.
      await expect(operator.code("config", { withinMs: 300 })).rejects.toThrow("no response in time");
      await using again = await test.as("operator");
      expect(await again.text("devices/victim/command")).toBe("none");
      expect(await again.text("rd-lookup/ep")).toBe("");
      const told = test.history.filter(({ action }) => action === "server.down" || action === "server.up");
      expect(told.map(({ action, detail }) => [action, detail])).toEqual([
        ["server.down", { downForMs: 20 }],
        ["server.up", null],
      ]);
    },
  );

  it("answers nobody while it is down, and does not say goodbye", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using stranger = await test.plain();
    const restarting = test.server.restart(400);
    await expect(stranger.code("info", { withinMs: 200 })).rejects.toThrow("no response in time");
    await restarting;
    expect(await stranger.code("info")).toBe("2.05");
  });

  it("waits while it is frozen, with its time, and takes everything up in order when it goes on", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using stranger = await test.plain();
    await using operator = await test.as("operator");
    const frozen = await test.server.pause();
    const came: string[] = [];
    const asking = [
      stranger.text("info").then((text) => came.push(text)),
      operator.text("3/0/0").then((text) => came.push(text)),
    ];
    const time = Number(await timeOf(test.server.ports.get("coap"), 700));
    expect([came, time]).toEqual([[], Number.NaN]);
    await frozen[Symbol.asyncDispose]();
    await frozen[Symbol.asyncDispose]();
    await Promise.all(asking);
    expect(came.toSorted()).toEqual(["seatrial", "seatrial device server"]);
    expect(test.history.map(({ action }) => action)).toEqual(
      expect.arrayContaining(["server.frozen", "server.thawed"]),
    );
  });

  it("can be killed and ended while it is frozen", async () => {
    const test = await startTestDeviceServer("hardened");
    const frozen = await test.server.pause();
    await test.server.kill(10);
    await using stranger = await test.plain();
    expect(await stranger.code("info")).toBe("2.05");
    await frozen[Symbol.asyncDispose]();
    await test.server.pause();
    await test[Symbol.asyncDispose]();
  });

  it("has joined a group, whose members are asked and told nothing to do", async () => {
    expect(await actuatedByGroup({ multicast: "careful" })).toBe("none");
    expect(await actuatedByGroup({ multicast: "careless" })).toBe("open");
  });

  it("tells once a second what it refused, and how much went to and fro", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using stranger = await test.plain();
    for (let n = 0; n < 5; n += 1) await stranger.ask("config");
    await test[Symbol.asyncDispose]();
    const refused = test.history.find(({ action }) => action === "server.refused");
    expect(refused?.detail).toMatchObject({
      count: 5,
      by: { "no-credentials": 5 },
      sources: ["127.0.0.1"],
      example: { path: "config" },
    });
    expect(test.history.find(({ action }) => action === "server.traffic")?.detail).toEqual({ received: 5, sent: 5 });
  });
});

/** What `time` says, asked once; NaN where no answer comes within the time. */
async function timeOf(port: number | undefined, withinMs: number): Promise<string> {
  const bench = benchOf([], { clock: realClock() });
  await using probe = await openProbe(bench, { host: "127.0.0.1", port: port ?? 0 });
  const answer = await probe.ask({ code: code.get, options: pathOptions("time") }, withinMs);
  return answer === undefined ? "NaN" : Buffer.from(answer.payload).toString();
}

/** What the counter says after the same POST came twice. */
async function countedTwice(deduplication: string) {
  await using test = await startTestDeviceServer("hardened", {
    plainAccess: "open",
    freshness: "none",
    deduplication,
  });
  const bench = benchOf([], { clock: realClock() });
  await using probe = await openProbe(bench, { host: "127.0.0.1", port: test.server.ports.get("coap") ?? 0 });
  const twice = { code: code.post, options: pathOptions("devices/victim/counter"), messageId: 77 };
  for (let n = 0; n < 2; n += 1) await probe.ask(twice, 500);
  await using stranger = await test.plain();
  return await stranger.text("devices/victim/counter");
}

describe("the knobs of the engines below", () => {
  it.each([
    ["foreignDatagrams", "answered", "00011234", "silent", "5.00"],
    ["messageParsing", "lenient", "40011234e1fcdc78", "4.02", "4.04"],
  ])("come through: %s", async (knob, value, hex, hardened, weak) => {
    const ask = async (knobs: { readonly [name: string]: string }) => {
      await using test = await startTestDeviceServer("hardened", knobs);
      const bench = benchOf([], { clock: realClock() });
      await using probe = await openProbe(bench, { host: "127.0.0.1", port: test.server.ports.get("coap") ?? 0 });
      probe.send(Buffer.from(hex, "hex"));
      const heard = await probe.hear(300);
      const decoded = heard === undefined ? undefined : decode(heard.bytes);
      if (decoded === undefined) return "silent";
      return isMessage(decoded) ? `${decoded.code >> 5}.${String(decoded.code & 31).padStart(2, "0")}` : "junk";
    };
    expect([await ask({}), await ask({ [knob]: value })]).toEqual([hardened, weak]);
  });

  it("come through: deduplication", async () => {
    expect([await countedTwice("on"), await countedTwice("off")]).toEqual(["1", "2"]);
  });

  it("come through: pskUnknown", async () => {
    const nobody = { clientId: "nobody", username: "nobody", password: "x" };
    const said = async (pskUnknown: string) => {
      await using test = await startTestDeviceServer("hardened", { pskUnknown });
      return await test.as(nobody).then(
        () => "served",
        (error: unknown) => (error instanceof Error ? error.message : ""),
      );
    };
    expect(await said("told")).toContain("unknown_psk_identity");
    expect(await said("alike")).not.toContain("unknown_psk_identity");
  });

  it("come through: blockAccess, over all ports of the server", async () => {
    const second = { options: [option(optionNumber.block2, 0x10)] };
    const stolen = async (blockAccess: string) => {
      await using test = await startTestDeviceServer("hardened", { blockAccess });
      await using operator = await test.as("operator");
      await operator.ask("config");
      await using stranger = await test.plain();
      return await stranger.code("config", second);
    };
    expect([await stolen("every-block"), await stolen("first-block")]).toEqual(["4.01", "2.05"]);
  });
});
