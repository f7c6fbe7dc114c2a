import { describe, expect, it } from "vitest";
import { benchOf, realClock } from "#testing/bench.ts";
import { startTestDeviceServer, type TestClient } from "#testing/device-server.ts";
import { code, codeText } from "../coap/code.ts";
import { uintField } from "../coap/fields.ts";
import { option, optionNumber } from "../coap/option.ts";
import { startCoapServer } from "../coap/server.ts";
import { hardenedServer } from "../coap/server-knobs.ts";
import type { CoapRequest } from "../coap/serving.ts";
import { openUdpPort } from "../udp/udp-port.ts";

/** A server on loopback that is not in the proxy's own list, and what it was asked. */
async function startOrigin() {
  const heard: CoapRequest[] = [];
  const port = await openUdpPort({ host: "127.0.0.1", port: 0 });
  const server = startCoapServer(port, benchOf([], { clock: realClock() }), {
    knobs: hardenedServer,
    isObservable: () => false,
    handle: (request) => {
      heard.push(request);
      return { code: code.content, payload: `answer ${heard.length}` };
    },
  });
  const uri = (path: string) => `coap://127.0.0.1:${port.local.port}/${path}`;
  return { heard, port: port.local.port, uri, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const proxied = (uri: string, more: readonly ReturnType<typeof option>[] = []) => ({
  options: [option(optionNumber.proxyUri, uri), ...more],
});

async function fetched(client: TestClient, uri: string, more: readonly ReturnType<typeof option>[] = []) {
  const reply = await client.ask("", proxied(uri, more));
  return `${codeText(reply.code)} ${reply.payload.toString()}`.trim();
}

/** The code of the answer, and the Hop-Limit of each request that came through. */
async function limited(hopLimit: string, hops: number | undefined) {
  await using origin = await startOrigin();
  await using test = await startTestDeviceServer("hardened", { proxy: "open", hopLimit });
  await using client = await test.plain();
  const more = hops === undefined ? [] : [option(optionNumber.hopLimit, hops)];
  const answered = await client.code("", proxied(origin.uri("a"), more));
  return [answered, ...origin.heard.map(({ options }) => uintField(options, optionNumber.hopLimit))];
}

describe("a device server that is no proxy", () => {
  it("forwards nothing, whoever asks", async () => {
    await using origin = await startOrigin();
    await using test = await startTestDeviceServer("hardened");
    for (const client of [await test.plain(), await test.as("operator")]) {
      expect(await fetched(client, origin.uri("a"))).toBe("5.05");
      const parts = [option(optionNumber.proxyScheme, "coap"), option(optionNumber.uriPort, origin.port)];
      expect(await client.code("a", { options: parts })).toBe("5.05");
    }
    expect(origin.heard).toEqual([]);
  });
});

describe("the knob proxy", () => {
  it("forwards to the server itself only, where it has a list", async () => {
    await using origin = await startOrigin();
    await using test = await startTestDeviceServer("hardened", { proxy: "allow-list" });
    await using client = await test.plain();
    const own = `coap://localhost:${test.server.ports.get("coap")}`;
    expect(await fetched(client, `${own}/info`)).toBe("2.05 seatrial device server");
    expect(await fetched(client, `${own}/config`)).toBe("4.01");
    expect(await fetched(client, origin.uri("a"))).toBe("4.03");
    expect(origin.heard).toEqual([]);
  });

  it("forwards to any port of the loopback interface where it is open, with path, query, method and body", async () => {
    await using origin = await startOrigin();
    await using test = await startTestDeviceServer("hardened", { proxy: "open" });
    await using client = await test.plain();
    expect(await fetched(client, origin.uri("a/b%20c?x=1&y"))).toBe("2.05 answer 1");
    const parts = [option(optionNumber.proxyScheme, "coap"), option(optionNumber.uriPort, origin.port)];
    const host = option(optionNumber.uriHost, "127.0.0.1");
    expect(await client.text("d", { options: [...parts, host], code: code.fetch, payload: "body" })).toBe("answer 2");
    const [one, two] = origin.heard;
    expect([one?.path, one?.query]).toEqual([
      ["a", "b c"],
      ["x=1", "y"],
    ]);
    expect([two?.path, two?.code, two?.payload.toString()]).toEqual([["d"], code.fetch, "body"]);
  });

  it.each([
    ["coap://192.0.2.1/x", "5.02"],
    ["coap://169.254.169.254/latest", "5.02"],
    ["coap://example.org/x", "5.02"],
    ["coaps://127.0.0.1/x", "5.05"],
    ["http://127.0.0.1/x", "5.05"],
    ["file:///etc/passwd", "5.05"],
    ["no uri", "4.02"],
  ])("never leaves the machine, nor its protocol: %s", async (uri, answered) => {
    await using test = await startTestDeviceServer("weak");
    await using client = await test.plain();
    expect(await client.code("", proxied(uri))).toBe(answered);
  });

  it("says 5.04 where nobody answers, and 4.02 to an option that it may not pass on unknown", async () => {
    await using origin = await startOrigin();
    await using test = await startTestDeviceServer("hardened", { proxy: "open" });
    await using client = await test.plain();
    expect(await fetched(client, origin.uri("a"), [option(65_002, "x")])).toBe("4.02");
    await origin[Symbol.asyncDispose]();
    const late = await client.ask("", { ...proxied(origin.uri("a")), withinMs: 6_000 });
    expect(codeText(late.code)).toBe("5.04");
  });
});

describe("the knob proxyCache", () => {
  it("keeps what was asked by coaps for nobody else, and what was asked by coap for who asks by coap", async () => {
    await using origin = await startOrigin();
    await using test = await startTestDeviceServer("hardened", { proxy: "open" });
    await using operator = await test.as("operator");
    await using stranger = await test.plain();
    expect(await fetched(operator, origin.uri("a"))).toBe("2.05 answer 1");
    expect(await fetched(stranger, origin.uri("a"))).toBe("2.05 answer 2");
    expect(await fetched(await test.plain(), origin.uri("a"))).toBe("2.05 answer 2");
    expect(await fetched(operator, origin.uri("a"))).toBe("2.05 answer 3");
  });

  it("serves everybody what anybody asked, where it is shared", async () => {
    await using origin = await startOrigin();
    await using test = await startTestDeviceServer("hardened", { proxy: "open", proxyCache: "shared" });
    expect(await fetched(await test.as("operator"), origin.uri("a"))).toBe("2.05 answer 1");
    expect(await fetched(await test.plain(), origin.uri("a"))).toBe("2.05 answer 1");
    expect(await fetched(await test.plain(), origin.uri("b"))).toBe("2.05 answer 2");
  });
});

describe("the knob hopLimit", () => {
  it.each([
    ["kept", undefined, ["2.05", 16]],
    ["kept", 3, ["2.05", 2]],
    ["kept", 1, ["5.08"]],
    ["ignored", 3, ["2.05", 3]],
    ["ignored", 1, ["2.05", 1]],
  ] as const)("%s, with %s, gives %s", async (hopLimit, hops, expected) => {
    expect(await limited(hopLimit, hops)).toEqual(expected);
  });
});
