import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findImages, imagesNamed } from "./find-images.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "find-images-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const recipe = (name: string, image: string) =>
  `export const ${name} = { name: "${name}", title: "The ${name}", image: "${image}" };`;
const find = () => findImages(pathToFileURL(`${folder}/`), "1.2.3");

describe("images are found by folder", () => {
  it("takes name and tag from the recipe, and builds it where a Dockerfile takes the base image", async () => {
    put("harness/targets/containers/mosquitto/container.ts", recipe("mosquitto", "seatrial/mosquitto:2.0.11-debian12"));
    put("harness/targets/containers/mosquitto/Dockerfile", "ARG BASE_IMAGE=debian:12-slim\nFROM ${BASE_IMAGE}\n");
    put("harness/targets/containers/emqx/container.ts", recipe("emqx", "maker/emqx:5.8"));
    put("harness/targets/containers/other.ts", "");
    const [base, ...others] = await find();
    expect(base).toMatchObject({ name: "base", reference: "seatrial/base:bookworm", source: { kind: "base" } });
    expect(others).toMatchObject([
      { name: "emqx", reference: "maker/emqx:5.8", neededBy: "container:emqx", source: { kind: "registry" } },
      {
        name: "mosquitto",
        reference: "seatrial/mosquitto:2.0.11-debian12",
        title: "The mosquitto",
        source: { kind: "folder", folder: join(folder, "harness/targets/containers/mosquitto") },
      },
    ]);
  });

  it("has Maven fetch what a pom.xml beside the Dockerfile names", async () => {
    put("harness/targets/containers/java/container.ts", recipe("java", "seatrial/java:1-debian12"));
    put("harness/targets/containers/java/Dockerfile", "ARG BASE_IMAGE=debian:12-slim\n");
    put("harness/targets/containers/java/pom.xml", "<project/>");
    expect((await find())[1]).toMatchObject({ name: "java", source: { kind: "maven" } });
  });

  it("tags our own with the version that the Dockerfile pins, or with that of seatrial", async () => {
    put(
      "harness/images/meter/Dockerfile",
      "# title: A meter\n# needed by: reading\nARG BASE_IMAGE=x\nARG VERSION=2.4\n",
    );
    put("harness/images/self/Dockerfile", "ARG BASE_IMAGE=x\n");
    expect((await find()).slice(1)).toMatchObject([
      { reference: "seatrial/meter:2.4-debian12", title: "A meter", neededBy: "reading", source: { kind: "folder" } },
      { reference: "seatrial/self:1.2.3", source: { kind: "seatrial" } },
    ]);
  });

  it("finds those that come with seatrial", async () => {
    const names = (await findImages(new URL("../../", import.meta.url), "1.2.3")).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["base", "californium", "libcoap", "mosquitto", "prometheus", "seatrial"]),
    );
  });
});

describe("images are named", () => {
  const images = ["base", "mosquitto", "rabbitmq"].map((name) => ({
    name,
    reference: `seatrial/${name}:1`,
    title: name,
    neededBy: "",
    source: { kind: "registry" } as const,
  }));
  const named = (...words: readonly string[]) => imagesNamed(images, words).map(({ name }) => name);

  it("in short, without tag or in full, in any order", () => {
    expect(named("seatrial/rabbitmq:1", "seatrial/mosquitto", "base", "base")).toEqual([
      "base",
      "mosquitto",
      "rabbitmq",
    ]);
  });

  it("not at all, which means all", () => expect(named()).toHaveLength(3));

  it("wrongly, and the right name is offered", () => {
    expect(() => named("mosquito")).toThrow('there is no image "mosquito"; did you mean "mosquitto"?');
  });
});
