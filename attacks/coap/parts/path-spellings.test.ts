import { array, assert, pre, property, stringMatching } from "fast-check";
import { describe, expect, it } from "vitest";
import { encode, messageType } from "#simulator/coap/message.ts";
import { optionNumber, pathOptions } from "#simulator/coap/option.ts";
import { foreignHost, type Spelling, spellingsOf } from "./path-spellings.ts";

const pathIn = ({ options }: Spelling) =>
  options.filter(({ number }) => number === optionNumber.uriPath).map(({ value }) => value.toString());
const named = (how: string) =>
  spellingsOf("devices/victim/command", "devices/intruder/command").find((one) => one.how === how);

describe("spellings of a path", () => {
  it.each([
    ["the segments joined into one", ["devices/victim/command"]],
    ["an empty segment inside", ["devices", "", "victim", "command"]],
    ["up from its own path", ["devices", "intruder", "command", "..", "..", "..", "devices", "victim", "command"]],
    ["up from its own folder", ["devices", "intruder", "..", "victim", "command"]],
    ["upper case", ["DEVICES", "VICTIM", "COMMAND"]],
    ["a letter percent-encoded", ["%64evices", "%76ictim", "%63ommand"]],
  ])("write %s", (how, path) => {
    const spelling = named(how);
    expect(spelling && pathIn(spelling)).toEqual(path);
  });

  it("never write the path itself, and can always be sent", () => {
    const segment = stringMatching(/^[a-z]{1,12}$/);
    assert(
      property(
        array(segment, { minLength: 1, maxLength: 4 }),
        array(segment, { minLength: 1, maxLength: 4 }),
        (path, own) => {
          pre(own.join("/") !== path.join("/"));
          for (const { options } of spellingsOf(path.join("/"), own.join("/"))) {
            const message = {
              type: messageType.con,
              code: 1,
              messageId: 1,
              token: Buffer.alloc(0),
              payload: Buffer.alloc(0),
            };
            expect(encode({ ...message, options }).length).toBeGreaterThan(4);
            expect(pathIn({ how: "", options })).not.toEqual(path);
          }
        },
      ),
    );
  });

  it("keep the path where only the host is another", () => {
    const { options } = foreignHost("a/b");
    expect(options.slice(1)).toEqual(pathOptions("a/b"));
    expect(options[0]?.number).toBe(optionNumber.uriHost);
  });
});
