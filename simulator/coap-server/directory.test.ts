import { describe, expect, it } from "vitest";
import { startTestDeviceServer, type TestClient } from "#testing/device-server.ts";
import { code, codeText } from "../coap/code.ts";
import { roughTextsOf } from "../coap/fields.ts";
import { option, optionNumber } from "../coap/option.ts";

/** Registers, and gives the code and the path of the registration. */
async function register(client: TestClient, query: string, payload = "</temp>;rt=temperature") {
  const options = [option(optionNumber.contentFormat, 40)];
  const reply = await client.ask(`rd?${query}`, { code: code.post, payload, options });
  return { code: codeText(reply.code), path: roughTextsOf(reply.options, optionNumber.locationPath).join("/") };
}

const moveTo = (base: string) => ({ code: code.post, query: [`base=${base}`] });

describe("the resource directory", () => {
  it("takes, changes, shows and forgets registrations", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using victim = await test.as("victim");
    const made = await register(victim, "ep=pump&d=plant&base=coap://127.0.0.1:61616&lt=90");
    expect(made).toEqual({ code: "2.01", path: expect.stringMatching(/^rd\/[0-9a-f]{16}$/) });
    expect(await register(victim, "ep=pump&d=plant&base=coap://127.0.0.1:61616")).toMatchObject({ path: made.path });
    expect(await victim.text("rd-lookup/ep")).toBe(
      `</${made.path}>;ep="pump";d="plant";base="coap://127.0.0.1:61616";rt="core.rd-ep"`,
    );
    expect(await victim.text("rd-lookup/res?rt=temp*")).toBe(
      '<coap://127.0.0.1:61616/temp>;rt="temperature";anchor="coap://127.0.0.1:61616"',
    );
    expect(await victim.text("rd-lookup/res?ep=other")).toBe("");
    expect(await victim.code(made.path, moveTo("coap://127.0.0.1:7"))).toBe("2.04");
    expect(await victim.text("rd-lookup/res")).toContain("<coap://127.0.0.1:7/temp>");
    expect(await victim.code(made.path, { code: code.delete })).toBe("2.02");
    expect([await victim.text("rd-lookup/ep"), await victim.code(made.path, { code: code.delete })]).toEqual([
      "",
      "4.04",
    ]);
  });

  it("forgets a registration when its lifetime is over", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using victim = await test.as("victim");
    await register(victim, "ep=pump&lt=1");
    await expect.poll(() => victim.text("rd-lookup/ep"), { timeout: 3_000 }).toBe("");
  });

  it.each(["d=plant", "ep=", `ep=${"x".repeat(64)}`, "ep=a&lt=0", "ep=a&lt=x", "ep=a&lt=4294967296"])(
    "refuses a registration of %s",
    async (query) => {
      await using test = await startTestDeviceServer("hardened");
      await using victim = await test.as("victim");
      expect((await register(victim, query)).code).toBe("4.00");
      expect((await register(victim, "ep=good", "no links")).code).toBe("4.00");
    },
  );

  it("is closed to clients without a key", async () => {
    await using test = await startTestDeviceServer("hardened");
    await using stranger = await test.plain();
    expect((await register(stranger, "ep=pump")).code).toBe("4.01");
    expect(await stranger.code("rd-lookup/ep")).toBe("4.01");
  });
});

/** What an intruder achieves at a registration of the victim. */
async function takeOver(rdOwnership: string) {
  await using test = await startTestDeviceServer("hardened", { rdOwnership });
  await using victim = await test.as("victim");
  await using intruder = await test.as("intruder");
  const { path } = await register(victim, "ep=pump&base=coap://127.0.0.1:1");
  const codes = [
    (await register(intruder, "ep=pump&base=coap://127.0.0.1:2")).code,
    await intruder.code(path, moveTo("coap://127.0.0.1:3")),
  ];
  const shown = await victim.text("rd-lookup/ep");
  return { codes, shown, removed: await intruder.code(path, { code: code.delete }) };
}

describe("the knob rdOwnership", () => {
  it("leaves a name to who came first", async () => {
    const { codes, shown, removed } = await takeOver("first-come");
    expect([...codes, removed]).toEqual(["4.03", "4.03", "4.03"]);
    expect(shown).toContain('base="coap://127.0.0.1:1"');
  });

  it("leaves it to who came last", async () => {
    const { codes, shown, removed } = await takeOver("overwrite");
    expect([...codes, removed]).toEqual(["2.01", "2.04", "2.02"]);
    expect(shown).toContain('base="coap://127.0.0.1:3"');
  });

  it("tells clients without DTLS apart by their endpoint", async () => {
    await using test = await startTestDeviceServer("hardened", { plainAccess: "open" });
    await using one = await test.plain("127.0.0.2");
    await using other = await test.plain("127.0.0.3");
    await register(one, "ep=pump");
    expect((await register(other, "ep=pump")).code).toBe("4.01");
    expect((await register(one, "ep=pump")).code).toBe("2.01");
  });
});

/** Codes of an LwM2M registration, of another by who is not that endpoint, and of its removal. */
async function pose(lwIdentity: string) {
  await using test = await startTestDeviceServer("hardened", { lwIdentity });
  await using victim = await test.as("victim");
  await using intruder = await test.as("intruder");
  const own = await register(victim, "ep=victim&lwm2m=1.0&b=U");
  const posed = await register(intruder, "ep=victim&lwm2m=1.0&b=U");
  return [own.code, posed.code, await intruder.code(own.path, { code: code.delete })];
}

describe("the other knobs of the directory", () => {
  it("rdLookup opens lookups to everybody", async () => {
    await using test = await startTestDeviceServer("hardened", { rdLookup: "open" });
    await using victim = await test.as("victim");
    await register(victim, "ep=pump");
    await using stranger = await test.plain();
    expect(await stranger.text("rd-lookup/ep")).toContain('ep="pump"');
    expect(await stranger.text("rd-lookup/res")).toContain("/temp>");
    expect((await register(stranger, "ep=x")).code).toBe("4.01");
  });

  it.each([
    [3, ["2.01", "2.01", "2.01", "5.03", "5.03"]],
    [0, ["2.01", "2.01", "2.01", "2.01", "2.01"]],
  ])("maxRegistrations of %s gives %s", async (maxRegistrations, codes) => {
    await using test = await startTestDeviceServer("hardened", { maxRegistrations });
    await using victim = await test.as("victim");
    const answered: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) answered.push((await register(victim, `ep=${name}`)).code);
    expect(answered).toEqual(codes);
    await using intruder = await test.as("intruder");
    expect((await register(intruder, "ep=own")).code).toBe("2.01");
  });

  it.each([
    ["pages", 10, 5],
    ["whole", 15, 15],
  ])("lookupPaging of %s gives %s entries, and %s on the second page", async (lookupPaging, first, second) => {
    await using test = await startTestDeviceServer("hardened", { lookupPaging, maxRegistrations: 0 });
    await using victim = await test.as("victim");
    for (let n = 0; n < 15; n += 1) await register(victim, `ep=node-${n}`);
    const count = async (query: string) => (await victim.text(`rd-lookup/ep${query}`)).split("ep=").length - 1;
    expect(await count("")).toBe(first);
    expect(await count("?count=1000")).toBe(first);
    expect(await count("?page=1")).toBe(second === 15 ? 0 : second);
    expect(await count("?page=1&count=4")).toBe(4);
  });

  it("lwIdentity decides whether an LwM2M client may have any name, whoever was there", async () => {
    expect(await pose("bound")).toEqual(["2.01", "4.03", "4.03"]);
    expect(await pose("free")).toEqual(["2.01", "2.01", "2.02"]);
  });
});
