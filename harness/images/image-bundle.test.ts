import { expect, it } from "vitest";
import { type Bundle, bundleFormat, headBytes, headOf, readHead } from "./image-bundle.ts";

const bundle: Bundle = {
  format: bundleFormat,
  seatrial: "1.0.0",
  madeAt: "2026-01-02T03:04:05.000Z",
  images: [
    {
      name: "base",
      reference: "seatrial/base:bookworm",
      version: "bookworm",
      id: "sha256:1",
      layers: ["sha256:2"],
      bytes: 3,
    },
  ],
  archive: { bytes: 10, sha256: "ab" },
};

it("reads what it wrote, whatever follows", () => {
  const head = headOf(bundle);
  expect(head).toHaveLength(headBytes);
  expect(readHead("b.tar", head)).toMatchObject(bundle);
});

it("is the beginning of a tar whose checksum is right", () => {
  const head = headOf(bundle);
  const summed = head.subarray(0, 512).reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
  expect(Number.parseInt(head.toString("latin1", 148, 154), 8)).toBe(summed);
  expect(Number.parseInt(head.toString("latin1", 124, 135), 8)).toBe(headBytes - 512);
});

it.each([
  ["a text file", () => Buffer.from("hello"), "is no bundle of seatrial"],
  ["an empty file", () => Buffer.alloc(0), "is no bundle of seatrial"],
  ["another tar", () => renamed("manifest.json"), "but some other tar"],
  ["a head that is cut off", () => headOf(bundle).subarray(0, 700), "cut off"],
  ["a name that was changed", () => replaced("seatrial/base:bookworm", "seatrial/bose:bookworm"), "altered"],
  ["a description that is none", () => replaced('"format"', "[format]"), "cannot be read"],
  ["a later format", () => replaced("seatrial-images/1", "seatrial-images/2"), "another format"],
])("refuses %s", (_what, head, why) => {
  expect(() => readHead("b.tar", head())).toThrow(why);
});

it("says that a bundle has too many images before it cuts their description", () => {
  const images = bundle.images.flatMap((image) => Array.from({ length: 1_000 }, () => image));
  expect(() => headOf({ ...bundle, images })).toThrow("so many images");
});

function replaced(what: string, by: string): Buffer {
  return Buffer.from(headOf(bundle).toString("latin1").replace(what, by), "latin1");
}

function renamed(name: string): Buffer {
  const head = headOf(bundle);
  head.fill(0, 0, 100).write(name, 0);
  return head;
}
