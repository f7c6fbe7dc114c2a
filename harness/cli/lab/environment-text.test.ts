import { expect, it } from "vitest";
import { environmentText } from "./environment-text.ts";

it("quotes what Compose would change, and refuses what it cannot be given", () => {
  expect(environmentText({ PLAIN: "/a/b:1", ARGUMENTS: "+S 2 $HOME #x" })).toBe(
    "PLAIN=/a/b:1\nARGUMENTS='+S 2 $HOME #x'\n",
  );
  expect(environmentText({})).toBe("");
  for (const value of ["it's", "two\nlines"]) expect(() => environmentText({ value })).toThrow("value:");
});
