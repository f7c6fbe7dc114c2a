import { describe, expect, it } from "vitest";
import { baseFault, checkBaseTools } from "./base-image.ts";

describe("before a base image is made", () => {
  it("is said that debootstrap is missing, and how to get it", () => {
    expect(() => checkBaseTools({ user: 0 }, ["/nowhere/debootstrap"])).toThrow(
      expect.objectContaining({
        code: "E_PROGRAM_MISSING",
        hint: expect.stringContaining("apt-get install debootstrap"),
      }),
    );
  });

  it("is said that it needs root", () => {
    expect(() => checkBaseTools({ user: 1000 }, [process.execPath])).toThrow(
      expect.objectContaining({ code: "E_USAGE", hint: expect.stringContaining("sudo") }),
    );
  });

  it("root goes on with the debootstrap that is there", () => {
    expect(checkBaseTools({ user: 0 }, ["/nowhere/debootstrap", process.execPath])).toBe(process.execPath);
  });
});

it.each([
  ["unshare: unshare failed: Operation not permitted", "E_USAGE", "may not mount"],
  ["E: Cannot install into target '/tmp/x' mounted with noexec or nodev", "E_USAGE", "TMPDIR"],
  ["E: Failed getting release file http://mirror.example/debian/dists/bookworm/Release", "E_IMAGE", "network"],
  ["tar: ./x: Cannot write: No space left on device", "E_STORE", "Free about"],
  ["E: something else", "E_IMAGE", "something else"],
])("reads %j", (said, code, part) => {
  const fault = baseFault(said);
  expect(fault.code).toBe(code);
  expect(`${fault.message} ${fault.hint}`).toContain(part);
});
