import { describe, expect, it } from "vitest";
import { startTestDeviceServer, type TestClient } from "#testing/device-server.ts";
import { code } from "../coap/code.ts";
import { option, optionNumber } from "../coap/option.ts";

const put = { code: code.put, payload: "open" };
const post = { code: code.post };

async function paths(client: TestClient) {
  return (await client.text(".well-known/core")).match(/<[^>]*>/g) ?? [];
}

describe("a hardened device server", () => {
  it("lets clients without DTLS read what is public, and nothing else", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using stranger = await test.plain();
    for (const path of ["info", "time", "log", "firmware", ".well-known/core"]) {
      expect([path, await stranger.code(path)]).toEqual([path, "2.05"]);
    }
    const closed = [
      "config",
      "devices/victim/state",
      "devices/nobody/state",
      "new/x",
      "rd-lookup/ep",
      "3/0/0",
      "0/0/5",
    ];
    for (const path of closed) expect([path, await stranger.code(path)]).toEqual([path, "4.01"]);
    for (const path of ["devices/victim/command", "config", "new/x", "rd?ep=x", "3/0/4"]) {
      expect([path, await stranger.code(path, put)]).toEqual([path, "4.01"]);
      expect([path, await stranger.code(path, post)]).toEqual([path, "4.01"]);
    }
    expect(await stranger.code("nothing")).toBe("4.04");
    expect(await stranger.code("info", put)).toBe("4.05");
    expect(await stranger.code("info", { code: 0x1f })).toBe("4.05");
  });

  it("lets a device use what is its own, and the operator everything", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using victim = await test.as("victim");
    await using intruder = await test.as("intruder");
    await using operator = await test.as("operator");
    expect(await victim.code("devices/victim/telemetry", { code: code.post, payload: "21.5" })).toBe("2.04");
    expect(await victim.text("devices/victim/telemetry")).toBe("21.5");
    expect(await intruder.code("devices/victim/telemetry")).toBe("4.03");
    expect(await intruder.code("devices/victim/command", put)).toBe("4.03");
    expect(await intruder.code("config")).toBe("4.03");
    expect(await operator.code("devices/victim/command", put)).toBe("2.04");
    expect(await victim.text("devices/victim/command")).toBe("open");
    expect(await operator.code("devices/nobody/command", put)).toBe("4.04");
    expect(await operator.code("config", { code: code.put, payload: "{}" })).toBe("2.04");
    expect(await operator.text("config")).toBe("{}");
  });

  it("serves nobody who has the wrong key", async () => {
    await using test = await startTestDeviceServer("hardened");
    await expect(test.as({ clientId: "operator", username: "operator", password: "not-the-secret" })).rejects.toThrow(
      "the server ended the handshake",
    );
    await expect(test.as({ clientId: "nobody", username: "nobody", password: "x" })).rejects.toThrow(
      "the server ended the handshake",
    );
  });

  it("counts, creates, uploads and answers late as told", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using operator = await test.as("operator");
    const { counter = "", creatable = "", upload = "", large = "", slow = "" } = test.server.resources;
    expect([await operator.code(counter, post), await operator.code(counter, post)]).toEqual(["2.04", "2.04"]);
    expect(await operator.text(counter)).toBe("2");
    const made = `${creatable}/one`;
    expect([await operator.code(made, put), await operator.code(made, put)]).toEqual(["2.01", "2.04"]);
    const once = { ...put, options: [option(optionNumber.ifNoneMatch)] };
    expect(await operator.code(made, once)).toBe("4.12");
    expect([await operator.text(made), await operator.code(made, { code: code.delete })]).toEqual(["open", "2.02"]);
    expect(await operator.code(made)).toBe("4.04");
    const body = "0123456789".repeat(500);
    expect(await operator.code(upload, { code: code.put, payload: body })).toBe("2.04");
    expect(await operator.text(upload)).toBe(body);
    expect((await operator.text(large)).length).toBeGreaterThan(1_024);
    expect(await operator.text(`${slow}?ms=50`)).toBe("late");
    expect(await operator.code(`${slow}?ms=-1`)).toBe("4.00");
    expect(await operator.code("info", { options: [option(optionNumber.accept, 50)] })).toBe("4.06");
  });

  it("tells observers what has changed, also of an actuator", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using operator = await test.as("operator");
    await using victim = await test.as("victim");
    const states: string[] = [];
    const to = { host: "127.0.0.1", port: test.server.ports.get("coaps") ?? 0 };
    const onState = ({ payload }: { readonly payload: Buffer }) => void states.push(payload.toString());
    await victim.client.observe({ to, path: "devices/victim/command", onState }).established;
    await operator.ask("devices/victim/command", put);
    await expect.poll(() => states).toEqual(["none", "open"]);
    const ticks: string[] = [];
    await victim.client.observe({ to, path: "time", onState: ({ payload }) => void ticks.push(payload.toString()) })
      .established;
    await expect.poll(() => ticks.length, { timeout: 3_000 }).toBeGreaterThan(1);
  });
});

describe("the knob", () => {
  it("plainAccess opens everything to clients without DTLS", async () => {
    await using test = await startTestDeviceServer("hardened", { plainAccess: "open" });
    await using stranger = await test.plain();
    expect(await stranger.code("config")).toBe("2.05");
    expect(await stranger.code("devices/victim/command", put)).toBe("2.04");
    expect(await stranger.text("devices/victim/command")).toBe("open");
    expect(await stranger.code("new/x", put)).toBe("2.01");
    expect(await stranger.code("0/0/5")).toBe("4.05");
  });

  it("pathAuthorization opens everything to every device", async () => {
    await using test = await startTestDeviceServer("hardened", { pathAuthorization: "open" });
    await using intruder = await test.as("intruder");
    expect(await intruder.code("devices/victim/command", put)).toBe("2.04");
    expect(await intruder.code("config")).toBe("2.05");
  });

  it.each([
    ["devices/victim/state in one segment", ["devices/victim/state"]],
    ["a segment more", ["", "devices", "victim", "state"]],
    ["dots", ["info", "..", "devices", "victim", "state"]],
    ["upper case", ["DEVICES", "victim", "state"]],
    ["percent signs", ["%64evices", "victim", "state"]],
    ["a config in capitals", ["Config"]],
  ])("routing, where it is lenient, leads past the rule with %s", async (_, path) => {
    const options = path.map((segment) => option(optionNumber.uriPath, segment));
    const codes = async (routing: string) => {
      await using test = await startTestDeviceServer("hardened", { routing });
      await using stranger = await test.plain();
      return await stranger.code("", { options });
    };
    expect(await codes("lenient")).toBe("2.05");
    expect(["4.04", "4.01"]).toContain(await codes("exact"));
  });

  it("discovery lists everything to everybody", async () => {
    await using hardened = await startTestDeviceServer("hardened");
    const listed = await paths(await hardened.plain());
    expect(listed).toEqual(["</info>", "</time>", "</log>", "</slow>", "</firmware>"]);
    const own = await paths(await hardened.as("victim"));
    expect(own).toContain("</devices/victim/command>");
    expect(own).not.toContain("</config>");
    await using weak = await startTestDeviceServer("hardened", { discovery: "everything" });
    const everything = await paths(await weak.plain());
    expect(everything).toEqual(expect.arrayContaining(["</config>", "</devices/victim/command>", "</0/0>", "</rd>"]));
    const rd = await (await weak.plain()).text(".well-known/core?rt=core.rd*");
    expect(rd.match(/<[^>]*>/g)).toEqual(["</rd>", "</rd-lookup/ep>", "</rd-lookup/res>"]);
  });

  it("creation lets anybody create resources, which are listed then", async () => {
    await using test = await startTestDeviceServer("hardened", { creation: "anyone" });
    await using stranger = await test.plain();
    const before = (await stranger.text(".well-known/core")).length;
    for (const name of ["a", "b", "c"]) expect(await stranger.code(`new/${name}`, put)).toBe("2.01");
    expect((await stranger.text(".well-known/core")).length).toBeGreaterThan(before + 20);
    expect(await stranger.code("devices/victim/command", put)).toBe("4.01");
  });

  it.each(["shared", "default"])("pskKeys, where they are %s, lets one device pose as another", async (pskKeys) => {
    await using test = await startTestDeviceServer("hardened", { pskKeys });
    const { intruder } = test.server.identities;
    await using posed = await test.as({ clientId: "x", username: "victim", password: intruder?.password ?? "" });
    expect(await posed.code("devices/victim/command", put)).toBe("2.04");
  });

  it("pskKeys, where they are default, lets in who has read the manual", async () => {
    await using test = await startTestDeviceServer("hardened", { pskKeys: "default" });
    await using posed = await test.as({ clientId: "x", username: "Client_identity", password: "secretPSK" });
    expect(await posed.code("config")).toBe("2.05");
  });
});
