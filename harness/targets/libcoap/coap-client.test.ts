import { describe, expect, it } from "vitest";
import { linesTo, wholeTo } from "./coap-client.ts";

describe("what coap-client prints", () => {
  it("is one payload of each run, without the line break at its end", () => {
    const taken: string[] = [];
    const hearing = wholeTo(taken);
    hearing.hear("two\nli");
    hearing.hear("nes\n");
    expect(taken).toEqual([]);
    hearing.end();
    expect(taken).toEqual(["two\nlines"]);
  });

  it("is no payload where a run prints nothing", () => {
    const taken: string[] = [];
    const hearing = wholeTo(taken);
    hearing.hear("\n");
    hearing.end();
    wholeTo(taken).end();
    expect(taken).toEqual([]);
  });

  it("is a payload a line while it observes, however the lines are cut", () => {
    const taken: string[] = [];
    const hearing = linesTo(taken);
    hearing.hear("on");
    hearing.hear("e\ntwo\n\nthr");
    expect(taken).toEqual(["one", "two"]);
    hearing.hear("ee\n");
    hearing.end();
    expect(taken).toEqual(["one", "two", "three"]);
  });
});
