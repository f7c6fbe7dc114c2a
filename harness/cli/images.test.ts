import { describe, expect, it } from "vitest";
import { type ImagesOptions, images } from "./images.ts";
import type { Terminal } from "./terminal.ts";

const silent: Terminal = { result() {}, line() {}, live() {}, fault() {}, paint: (_style, text) => text };

describe("wrong use is told before Docker is asked", () => {
  it.each([
    [["lst"], {}, 'did you mean "list"?'],
    [["load"], {}, "takes one bundle"],
    [["load", "a.tar", "b.tar"], {}, "takes one bundle"],
    [["save"], {}, "needs a place"],
    [["list"], { to: "x.tar" }, "--to belongs to seatrial images save"],
    [["save"], { to: "x.tar", offline: true }, "--offline belongs to seatrial images build"],
    [["load", "x.tar"], { force: true }, "--force belongs to seatrial images build"],
  ] satisfies readonly (readonly [string[], Partial<ImagesOptions>, string])[])(
    "%j %j",
    async (operands, given, said) => {
      const options: ImagesOptions = { color: false, suite: "bookworm", ...given };
      await expect(images(operands, options, silent)).rejects.toMatchObject({
        code: "E_USAGE",
        message: expect.stringContaining(said),
      });
    },
  );
});
