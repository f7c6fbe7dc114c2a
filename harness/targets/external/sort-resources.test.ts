import { describe, expect, it } from "vitest";
import { code } from "#simulator/coap/code.ts";
import { readLinks } from "#simulator/coap-server/link-format.ts";
import type { Reading } from "./coap-reader.ts";
import { discoverResources } from "./discover-resources.ts";
import { isObservable, pathOf, type ReadResource, sortResources } from "./sort-resources.ts";

const content = (text: string): Reading => ({ code: code.content, payload: Buffer.from(text) });
const refusal: Reading = { code: code.unauthorized, payload: Buffer.from("no") };

/** Listed resources, and what reading each brings. */
function listed(links: string, readings: readonly Omit<ReadResource, "link" | "path">[] = []): ReadResource[] {
  return (readLinks(links) ?? []).map((link, at) => Object.assign({ link, path: pathOf(link) ?? "" }, readings[at]));
}

describe("listed resources", () => {
  it("are open where they can be read and are small, rather than the root", () => {
    const all = listed("</>,</locked>,</info>", [
      { first: content("hello") },
      { first: refusal },
      { first: content("hi") },
    ]);
    expect(sortResources(all).open).toBe("info");
    expect(sortResources(all.slice(0, 2)).open).toBe("");
    expect(sortResources(all.slice(1, 2)).open).toBeUndefined();
  });

  it("are large where one block does not hold them", () => {
    const all = listed("</a>,</b>", [{ first: content("x".repeat(1_024)) }, { first: content("x".repeat(1_025)) }]);
    expect(sortResources(all).large).toBe("b");
  });

  it("tick where a later reading differs, not where they only may be observed", () => {
    const all = listed("</a>;obs,</b>;obs", [
      { first: content("1"), later: content("1") },
      { first: content("1"), later: content("2") },
    ]);
    expect(sortResources(all).ticking).toBe("b");
  });

  it("are directory and lookup by their types, whether they can be read or not", () => {
    const all = listed('</rd>;rt="core.rd",</ep>;rt="core.rd-lookup-ep other",</res>;rt=core.rd-lookup-res');
    expect(sortResources(all)).toEqual({
      sensitive: [],
      directory: "rd",
      lookup: { endpoints: "ep", resources: "res" },
    });
  });

  it("are those of LwM2M where its obligatory objects are among them", () => {
    expect(sortResources(listed("</1/0>,</3/0>,</5>")).lwm2m).toBe(true);
    expect(sortResources(listed("</1/0>,</30/0>"))).not.toHaveProperty("lwm2m");
  });

  it("are never taken for what changes something", () => {
    const all = listed("</actuator>;obs,</upload>", [{ first: content("on") }, { first: content("x") }]);
    expect(Object.keys(sortResources(all)).toSorted()).toEqual(["open", "sensitive"]);
  });
});

it("knows links that lead elsewhere", () => {
  const links = readLinks("</a/b>,<coap://x/c>,<//x/d>,<e>") ?? [];
  expect(links.map(pathOf)).toEqual(["a/b", undefined, undefined, undefined]);
  expect(readLinks("</a>;obs,</b>;rt=x")?.map(isObservable)).toEqual([true, false]);
});

/** A server whose resources say how often they were read. */
function server(links: string, silent: readonly string[] = []) {
  const reads: string[] = [];
  const read = async (path: string): Promise<Reading> => {
    reads.push(path);
    if (path === ".well-known/core") return content(links);
    if (silent.includes(path)) throw new Error("no answer");
    return content(String(reads.filter((each) => each === path).length));
  };
  return { reads, reader: { read, [Symbol.asyncDispose]: () => Promise.resolve() } };
}

describe("looking for resources", () => {
  const clock = { nowMs: () => 0, sleep: () => Promise.resolve() };
  const bench = { clock, signal: new AbortController().signal };

  it("reads what is listed once, and what may be observed twice", async () => {
    const { reader, reads } = server("</a>,</b>;obs,<coap://elsewhere/c>");
    const found = await discoverResources(reader, bench);
    expect(reads).toEqual([".well-known/core", "a", "b", "b"]);
    expect(found).toMatchObject({ listed: 3, read: 2, resources: { open: "a", ticking: "b" } });
  });

  it("reads no more than sixteen of them", async () => {
    const { reader, reads } = server(Array.from({ length: 50 }, (_, n) => `</r${n}>`).join(","));
    expect(await discoverResources(reader, bench)).toMatchObject({ listed: 50, read: 16 });
    expect(reads).toHaveLength(17);
  });

  it("goes on where one is not answered, and finds nothing where nothing is listed", async () => {
    expect((await discoverResources(server("</a>,</b>", ["a"]).reader, bench)).resources.open).toBe("b");
    expect((await discoverResources(server("not a list <").reader, bench)).resources).toEqual({ sensitive: [] });
  });
});
