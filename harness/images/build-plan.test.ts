import { describe, expect, it } from "vitest";
import { type BuildOrder, inputsLabel, inputsOf, planBuild } from "./build-plan.ts";
import { imagesNamed } from "./find-images.ts";
import type { LabImage } from "./lab-image.ts";
import type { PresentImage } from "./present-images.ts";

const image = (name: string, reference: string, source: LabImage["source"]): LabImage => ({
  name,
  reference,
  title: name,
  neededBy: "",
  source,
});
const baseRef = "seatrial/base:bookworm";
const all = [
  image("base", baseRef, { kind: "base", suite: "bookworm" }),
  image("mosquitto", "seatrial/mosquitto:2.0.11-debian12", { kind: "folder", folder: "/m" }),
  image("emqx", "maker/emqx:5.8", { kind: "registry" }),
  image("seatrial", "seatrial/seatrial:1.0.0", { kind: "seatrial", folder: "/s" }),
];
const inputs = new Map([
  ["mosquitto", "m1"],
  ["seatrial", "s1"],
]);

function there(reference: string, id: string, made?: string): readonly [string, PresentImage] {
  const labels: Readonly<Record<string, string>> = made === undefined ? {} : { [inputsLabel]: made };
  return [reference, { reference, id, labels, layers: [], bytes: 1, madeAt: "" }];
}

/** The plan in short: `build mosquitto on seatrial/base:bookworm`. */
function plan(order: Partial<BuildOrder>, present: readonly (readonly [string, PresentImage])[] = []) {
  const full = { names: [], offline: false, suite: "bookworm", force: false, ...order };
  return planBuild(full, all, imagesNamed(all, full.names), new Map(present), inputs).map((step) =>
    step.does === "build" ? `build ${step.image.name} on ${step.base ?? "default"}` : `${step.does} ${step.image.name}`,
  );
}

describe("without a registry", () => {
  it("makes the base first where it is absent, and builds all that Debian can provide on it", () => {
    expect(plan({ offline: true })).toEqual([
      "bootstrap base",
      `build mosquitto on ${baseRef}`,
      `build seatrial on ${baseRef}`,
    ]);
  });

  it("makes the base also for one that is named", () => {
    expect(plan({ offline: true, names: ["mosquitto"] })).toEqual(["bootstrap base", `build mosquitto on ${baseRef}`]);
  });

  it("keeps a base that is there, and what was built on it from the same files", () => {
    const present = [
      there(baseRef, "b1"),
      there("seatrial/mosquitto:2.0.11-debian12", "x", inputsOf("m1", baseRef, "b1")),
      there("seatrial/seatrial:1.0.0", "y", inputsOf("an older s", baseRef, "b1")),
    ];
    expect(plan({ offline: true }, present)).toEqual(["skip base", "skip mosquitto", `build seatrial on ${baseRef}`]);
  });

  it("builds anew what stands on another base than the one that is there, and on one that is made now", () => {
    const old = there("seatrial/mosquitto:2.0.11-debian12", "x", inputsOf("m1", baseRef, "b0"));
    expect(plan({ offline: true, names: ["mosquitto"] }, [there(baseRef, "b1"), old])).toContain(
      `build mosquitto on ${baseRef}`,
    );
    const forced = { offline: true, force: true, names: ["base", "mosquitto"] };
    expect(plan(forced, [there(baseRef, "b0"), old])).toEqual(["bootstrap base", `build mosquitto on ${baseRef}`]);
  });
});

describe("with a registry or a base of one's own", () => {
  it("leaves the base to the Dockerfiles and makes none", () => {
    expect(plan({})).toEqual(["build mosquitto on default", "build seatrial on default"]);
  });

  it("makes the base where it is named", () => expect(plan({ names: ["base"] })).toEqual(["bootstrap base"]));

  it("builds on the base that is given, and makes none", () => {
    expect(plan({ base: "my/debian:12", names: ["mosquitto"] })).toEqual(["build mosquitto on my/debian:12"]);
  });

  it("forces only what is named", () => {
    const present = [there("seatrial/mosquitto:2.0.11-debian12", "x", inputsOf("m1", undefined, undefined))];
    expect(plan({ names: ["mosquitto"] }, present)).toEqual(["skip mosquitto"]);
    expect(plan({ names: ["mosquitto"], force: true }, present)).toEqual(["build mosquitto on default"]);
  });
});

it("refuses to build what its maker publishes, and says how to get it", () => {
  expect(() => plan({ names: ["emqx"] })).toThrow("no Dockerfile here builds maker/emqx:5.8");
});

it("builds on another Debian only what is pinned to none", () => {
  expect(plan({ offline: true, suite: "trixie" })).toContain("build seatrial on seatrial/base:trixie");
  expect(plan({ offline: true, suite: "trixie" }).join()).not.toContain("mosquitto");
  expect(() => plan({ offline: true, suite: "trixie", names: ["mosquitto"] })).toThrow("packages of Debian 12");
});
