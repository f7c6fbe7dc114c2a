import { expect, it } from "vitest";
import { labelsOf, onlooker } from "#targets/containers/labels.ts";
import { ownerLabels } from "./owner-labels.ts";

it.runIf(process.platform === "linux")("are those by which leftovers of containers under test are found", () => {
  expect(ownerLabels("run-1")).toEqual(labelsOf("run-1", onlooker()));
});
