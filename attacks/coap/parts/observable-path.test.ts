import { expect, it } from "vitest";
import { observableIn } from "./observable-path.ts";

it("finds the links with the attribute obs, wherever it stands", () => {
  const links =
    '</>;ct=0,</time>;if="clock";title="a, b;obs";ct=0;obs,</x>;title=";obs",</y>;obs;ct=40,</z>;observe,</w>;obs';
  expect(observableIn(links)).toEqual(["time", "y", "w"]);
});
