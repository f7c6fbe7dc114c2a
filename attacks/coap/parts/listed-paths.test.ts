import { describe, expect, it } from "vitest";
import { pathsIn } from "./listed-paths.ts";

describe("paths in a link list", () => {
  it("are those of links on the server, without attributes and without the first slash", () => {
    const links = '</>;title="General Info";ct=0,</time>;if="clock";obs,</a%20b>;ct=0,<coap://elsewhere/x>;rt="y"';
    expect(pathsIn(links)).toEqual(["", "time", "a b"]);
  });

  it("come once each, and survive an escape that is none", () => {
    expect(pathsIn("</a>,</a>;ct=40,</50%>")).toEqual(["a", "50%"]);
  });
});
