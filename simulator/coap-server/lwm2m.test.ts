import { describe, expect, it } from "vitest";
import { benchOf, realClock } from "#testing/bench.ts";
import { startTestDeviceServer, type TestClient } from "#testing/device-server.ts";
import { code } from "../coap/code.ts";
import { readTlv, tlvHead, writeTlv } from "../coap/lwm2m-tlv.ts";
import { contentFormat, option, optionNumber } from "../coap/option.ts";
import { startCoapServer } from "../coap/server.ts";
import { hardenedServer } from "../coap/server-knobs.ts";
import type { CoapRequest } from "../coap/serving.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { packFirmware } from "./firmware-package.ts";

const post = { code: code.post };
const putText = (payload: string) => ({ code: code.put, payload });
const putTlv = (payload: Uint8Array, method: number = code.put) => ({
  code: method,
  payload,
  options: [option(optionNumber.contentFormat, contentFormat.lwm2mTlv)],
});
const accepting = (format: number) => ({ options: [option(optionNumber.accept, format)] });
const resource = (id: number, value: string | Buffer) => ({ kind: "resource", id, value: Buffer.from(value) }) as const;

/** A server of the test's own, to which the device under test is led. */
async function startListener(payload: Buffer = packFirmware("2.0", Buffer.from("image"))) {
  const heard: CoapRequest[] = [];
  const port = await openUdpPort({ host: "127.0.0.1", port: 0 });
  const server = startCoapServer(port, benchOf([], { clock: realClock() }), {
    knobs: hardenedServer,
    isObservable: () => false,
    handle: (request) => {
      heard.push(request);
      return request.code === code.get ? { code: code.content, payload } : { code: code.created };
    },
  });
  const uri = `coap://127.0.0.1:${port.local.port}`;
  return { heard, uri, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe("the LwM2M objects", () => {
  it("are read as text, as TLV and as links", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using operator = await test.as("operator");
    expect(await operator.text("3/0/0")).toBe("seatrial");
    const device = readTlv((await operator.ask("3/0")).payload);
    expect(device).toEqual(expect.arrayContaining([resource(0, "seatrial"), resource(9, Buffer.of(100))]));
    expect(readTlv((await operator.ask("3")).payload)).toMatchObject([{ kind: "object-instance", id: 0 }]);
    expect(readTlv((await operator.ask("3/0/9", accepting(contentFormat.lwm2mTlv))).payload)).toEqual([
      resource(9, Buffer.of(100)),
    ]);
    expect(await operator.text("5", accepting(contentFormat.link))).toContain("</5/0>,</5/0/0>,</5/0/1>");
    expect(await operator.code("3/0/99")).toBe("4.04");
    expect(await operator.code("3/7")).toBe("4.04");
    expect(await operator.code("3/0/4")).toBe("4.05");
    expect(await operator.code("3/0/0", accepting(contentFormat.cbor))).toBe("4.06");
  });

  it("are written as text and TLV, all of it or nothing", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using operator = await test.as("operator");
    expect(await operator.code("1/0/1", putText("300"))).toBe("2.04");
    expect(await operator.text("1/0/1")).toBe("300");
    expect(await operator.code("1/0/1", putText("soon"))).toBe("4.00");
    const both = writeTlv([resource(1, Buffer.of(0x0e, 0x10)), resource(6, Buffer.of(0))]);
    expect(await operator.code("1/0", putTlv(both, code.post))).toBe("2.04");
    expect([await operator.text("1/0/1"), await operator.text("1/0/6")]).toEqual(["3600", "0"]);
    const readOnly = writeTlv([resource(1, Buffer.of(1)), resource(0, Buffer.of(1))]);
    expect(await operator.code("1/0", putTlv(readOnly))).toBe("4.05");
    expect(await operator.text("1/0/1")).toBe("3600");
    expect(await operator.code("1/0", putText("x"))).toBe("4.15");
    expect(await operator.code("1/1", putTlv(both))).toBe("4.04");
    expect(await operator.code("3/0", { code: code.delete })).toBe("4.05");
  });

  it("are executed: a reboot sets the clock of the device back", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using operator = await test.as("operator");
    await operator.ask("3/0/13", putText("1700000000"));
    expect(Number(await operator.text("3/0/13"))).toBeGreaterThanOrEqual(1_700_000_000);
    expect(await operator.code("3/0/4", post)).toBe("2.04");
    expect(Number(await operator.text("3/0/13"))).toBeLessThan(5);
    await operator.ask("1/0/1", putText("300"));
    expect(await operator.code("3/0/5", post)).toBe("2.04");
    expect(await operator.text("1/0/1")).toBe("86400");
  });

  it("install firmware that is pushed, and tell observers how far it is", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using operator = await test.as("operator");
    const states: string[] = [];
    const to = { host: "127.0.0.1", port: test.server.ports.get("coaps") ?? 0 };
    await operator.client.observe({ to, path: "5/0/3", onState: ({ payload }) => void states.push(payload.toString()) })
      .established;
    const pushed = { ...putText(""), payload: packFirmware("2.0", Buffer.alloc(3_000)) };
    expect(await operator.code("5/0/0", pushed)).toBe("2.04");
    await expect.poll(() => states).toEqual(["0", "2"]);
    expect(await operator.code("5/0/2", post)).toBe("2.04");
    await expect.poll(() => states.at(-1)).toBe("0");
    expect([await operator.text("5/0/5"), await operator.text("3/0/3")]).toEqual(["1", "2.0"]);
    expect(await operator.code("5/0/0", { ...pushed, payload: Buffer.from("no package") })).toBe("2.04");
    expect(await operator.text("5/0/5")).toBe("6");
  });

  it("fetch firmware from the server's own resource", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using operator = await test.as("operator");
    const uri = `coap://127.0.0.1:${test.server.ports.get("coap")}/firmware`;
    expect(await operator.code("5/0/1", putText(uri))).toBe("2.04");
    await expect.poll(() => operator.text("5/0/3")).toBe("2");
    expect(await operator.code("5/0/10", post)).toBe("2.04");
    expect([await operator.text("5/0/3"), await operator.text("5/0/5")]).toEqual(["0", "10"]);
  });
});

/** What two clients get with a knob set one way and the other. */
async function clientsWith(knobs: { readonly [name: string]: string }) {
  const test = await startTestDeviceServer("hardened", knobs);
  return {
    test,
    operator: await test.as("operator"),
    intruder: await test.as("intruder"),
    stranger: await test.plain(),
  };
}

/** Read, write, execute. */
async function tryAll(client: TestClient) {
  return [
    await client.code("3/0/0"),
    await client.code("3/0/13", putText("5")),
    await client.code("3/0/4", post),
    await client.code("1/0/1", putText("60")),
    await client.code("5/0/10", post),
  ];
}

describe("the knob", () => {
  it("lwSecurityObject gives the key to whoever asks", async () => {
    const closed = await clientsWith({});
    await using _closed = closed.test;
    for (const [client, answered] of [
      [closed.operator, "4.05"],
      [closed.intruder, "4.03"],
      [closed.stranger, "4.01"],
    ] as const) {
      expect([await client.code("0/0/5"), await client.code("0/0"), await client.code("0")]).toEqual(
        Array(3).fill(answered),
      );
    }
    const open = await clientsWith({ lwSecurityObject: "readable" });
    await using _open = open.test;
    for (const client of [open.operator, open.intruder, open.stranger]) {
      expect(await client.text("0/0/5")).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it("lwAccess gives objects 1, 3 and 5 to whoever asks", async () => {
    const owner = await clientsWith({});
    await using _owner = owner.test;
    expect(await tryAll(owner.operator)).toEqual(["2.05", "2.04", "2.04", "2.04", "2.04"]);
    expect(new Set(await tryAll(owner.intruder))).toEqual(new Set(["4.03"]));
    expect(new Set(await tryAll(owner.stranger))).toEqual(new Set(["4.01"]));
    const any = await clientsWith({ lwAccess: "any" });
    await using _any = any.test;
    for (const client of [any.intruder, any.stranger]) {
      expect(await tryAll(client)).toEqual(["2.05", "2.04", "2.04", "2.04", "2.04"]);
    }
    expect(await any.stranger.code("0/0/5")).toBe("4.05");
  });

  it("lwBootstrap lets whoever comes lead the device to another server", async () => {
    await using rogue = await startListener();
    const rehome = async (client: TestClient) => [
      await client.code("", { code: code.delete }),
      await client.code("0/1", putTlv(writeTlv([resource(0, rogue.uri), resource(2, Buffer.of(3))]))),
      await client.code("1/1", putTlv(writeTlv([resource(0, Buffer.of(7)), resource(1, Buffer.of(60))]))),
      await client.code("bs", post),
    ];
    const closed = await clientsWith({});
    await using _closed = closed.test;
    expect(new Set(await rehome(closed.stranger))).toEqual(new Set(["4.01"]));
    expect(new Set(await rehome(closed.intruder))).toEqual(new Set(["4.03"]));
    expect((await rehome(closed.operator)).filter((answered) => answered.startsWith("2"))).toEqual([]);
    expect(rogue.heard).toEqual([]);
    const open = await clientsWith({ lwBootstrap: "open" });
    await using _open = open.test;
    expect(await rehome(open.stranger)).toEqual(["2.02", "2.04", "2.04", "2.04"]);
    await expect
      .poll(() => rogue.heard.map(({ path, query }) => [path, query[0]]))
      .toEqual([[["rd"], "ep=seatrial-device-server"]]);
    expect(await open.operator.text("1/1/0")).toBe("7");
  });

  it("lwPackageUri lets the device fetch from any loopback port", async () => {
    await using rogue = await startListener();
    const point = async (operator: TestClient) => operator.code("5/0/1", putText(`${rogue.uri}/evil`));
    const listed = await clientsWith({});
    await using _listed = listed.test;
    expect(await point(listed.operator)).toBe("4.00");
    expect([await listed.operator.text("5/0/3"), await listed.operator.text("5/0/5")]).toEqual(["0", "7"]);
    expect(await listed.operator.code("5/0/1", putText("http://127.0.0.1/x"))).toBe("4.00");
    expect(await listed.operator.text("5/0/5")).toBe("9");
    expect(rogue.heard).toEqual([]);
    const any = await clientsWith({ lwPackageUri: "any" });
    await using _any = any.test;
    expect(await point(any.operator)).toBe("2.04");
    await expect.poll(() => any.operator.text("5/0/3")).toBe("2");
    expect(new Set(rogue.heard.map(({ path }) => path.join("/")))).toEqual(new Set(["evil"]));
    await any.operator.ask("5/0/1", putText(""));
    expect(await any.operator.code("5/0/1", putText("coap://192.0.2.1/x"))).toBe("2.04");
    await expect.poll(() => any.operator.text("5/0/5")).toBe("7");
  });

  it("lwFirmwareState lets Update run without a package", async () => {
    const checked = await clientsWith({});
    await using _checked = checked.test;
    expect(await checked.operator.code("5/0/2", post)).toBe("4.05");
    const loose = await clientsWith({ lwFirmwareState: "loose" });
    await using _loose = loose.test;
    expect(await loose.operator.code("5/0/2", post)).toBe("2.04");
    await expect.poll(() => loose.operator.text("3/0/3"), { timeout: 2_000 }).toBe("none");
  });

  it("lwTlv takes what is longer than what it lies in", async () => {
    const long = Buffer.concat([writeTlv([resource(1, Buffer.of(60))]), tlvHead("resource", 7, 200), Buffer.from("U")]);
    const strict = await clientsWith({});
    await using _strict = strict.test;
    expect(await strict.operator.code("1/0", putTlv(long, code.post))).toBe("4.00");
    expect(await strict.operator.text("1/0/1")).toBe("86400");
    const lenient = await clientsWith({ lwTlv: "lenient" });
    await using _lenient = lenient.test;
    expect(await lenient.operator.code("1/0", putTlv(long, code.post))).toBe("2.04");
    expect([await lenient.operator.text("1/0/1"), await lenient.operator.text("1/0/7")]).toEqual(["60", "U"]);
  });
});
