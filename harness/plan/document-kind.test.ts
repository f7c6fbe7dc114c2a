import { expect, it } from "vitest";
import { kindOfDocument } from "./document-kind.ts";

it.each([
  ["scenario: a\n", "scenario"],
  ["product: a\ntitle: b\n", "product"],
  ["owner: a\n", "scope"],
  ["devices: []\n", "identities"],
  ["victim: {}\n", "identities"],
  ["scenaro: a\nfleets: []\nstages: []\n", "scenario"],
  ["prodct: a\nimpact: {}\nfleet: []\n", "product"],
  ["title: a\n", undefined],
  ["- scenario\n", undefined],
])("takes %j for %s", (text, kind) => {
  expect(kindOfDocument({ text, file: "a.yaml" })).toBe(kind);
});
