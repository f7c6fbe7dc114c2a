import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { commandOf } from "./command.ts";

it("reads what is to be done, to which value, and for whom", () => {
  expect(commandOf('{"command":"on"}')).toEqual({ what: "on", to: null });
  expect(commandOf('{"command":"dim","value":{"percent":[1]},"to":"lamp-1"}')).toEqual({
    what: "dim",
    to: { percent: [1] },
    device: "lamp-1",
  });
});

it("takes a device that is no name for none", () => {
  expect(commandOf('{"command":"on","to":7}')).toEqual({ what: "on", to: null });
});

it("reads nothing in anything else", () => {
  for (const odd of ["", "null", "[]", "7", '"on"', '{"command":7}', '{"to":"a"}']) {
    expect(commandOf(odd)).toBeUndefined();
  }
  assert(property(string(), (text) => commandOf(text) === undefined));
});
