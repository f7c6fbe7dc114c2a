import { getReaperImage } from "testcontainers/build/reaper/reaper.js";
import { expect, it } from "vitest";
import { ryukImage } from "./ryuk.ts";

it("looks for the image that testcontainers would start", () => {
  expect(ryukImage).toBe(getReaperImage());
});
