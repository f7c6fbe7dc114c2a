import { describe, expect, it } from "vitest";
import { historyOf } from "#testing/record.ts";
import { resourcesOf } from "./resources.ts";

describe("resourcesOf", () => {
  it("keeps what a target was measured to use, and nothing where nothing was measured", () => {
    const note = { action: "resources", phase: "noted" } as const;
    const history = historyOf([
      { actor: "target:container:mosquitto", ...note, detail: { cores: 0.5, memoryBytes: 9_000_000 }, atMs: 1_000 },
      { actor: "target:container:mosquitto", ...note, detail: { openFiles: 40, cores: "much" }, atMs: 2_000 },
      { actor: "target:container:mosquitto", ...note, detail: {}, atMs: 3_000 },
      { actor: "load:mqtt.connect-storm", ...note, detail: { cores: 1 }, atMs: 4_000 },
    ]);
    expect(resourcesOf(history)).toEqual([
      { actor: "target:container:mosquitto", atMs: 1_000, cores: 0.5, memoryBytes: 9_000_000 },
      { actor: "target:container:mosquitto", atMs: 2_000, openFiles: 40 },
    ]);
  });
});
