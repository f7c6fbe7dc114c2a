import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { DirectoryLook, isLook } from "./field-directory.ts";

const entries = (...names: readonly string[]) =>
  names.map((name, at) => `</rd/${at}>;ep="${name}";base="coap://[::1]:61616";rt="core.rd-ep"`).join(",");
const ten = (prefix: string) => entries(...Array.from({ length: 10 }, (_, at) => `${prefix}${at}`));

it("reads page after page until one is not full", () => {
  const look = new DirectoryLook();
  expect(look.path).toBe("rd-lookup/ep?page=0&count=10");
  expect(look.take(ten("a"))).toBe("goes-on");
  expect(look.path).toBe("rd-lookup/ep?page=1&count=10");
  expect(look.take(entries("b"))).toBe("complete");
  expect([...look.found]).toEqual([...Array.from({ length: 10 }, (_, at) => `a${at}`), "b"]);
});

it("is complete at once where the directory is empty", () => {
  const look = new DirectoryLook();
  expect(look.take("")).toBe("complete");
  expect(look.found.size).toBe(0);
});

it("ends where a directory that knows no pages says the same again, or never ends", () => {
  const same = new DirectoryLook();
  expect([same.take(ten("a")), same.take(ten("a"))]).toEqual(["goes-on", "complete"]);
  const endless = new DirectoryLook();
  let pages = 0;
  while (endless.take(ten(`p${pages}-`)) === "goes-on") pages++;
  expect(pages).toBe(24);
});

it("takes names as they were registered, with whatever is in them, and leaves out links of nobody", () => {
  const look = new DirectoryLook();
  look.take('</rd/1>;ep="a/../\\"b\\"",</rd/2>;rt="core.rd-ep",</rd/3>;ep=c');
  expect([...look.found]).toEqual(['a/../"b"', "c"]);
});

it("cannot read what is no list of links, and survives it", () => {
  assert(
    property(string(), (text) => {
      expect(["goes-on", "complete", "unreadable"]).toContain(new DirectoryLook().take(text));
    }),
  );
  expect(new DirectoryLook().take("Not Found")).toBe("unreadable");
});

it("knows its own paths", () => {
  expect(isLook(new DirectoryLook().path)).toBe(true);
  expect(isLook("devices/rd-lookup/ep/telemetry")).toBe(false);
});
