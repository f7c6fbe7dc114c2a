import { expect, it } from "vitest";
import { debianOf, versionOf } from "./lab-image.ts";

it.each([
  ["seatrial/mosquitto:2.0.11-debian12", "2.0.11", "12"],
  ["seatrial/base:bookworm", "bookworm", undefined],
  ["127.0.0.1:5000/maker/emqx:5.8", "5.8", undefined],
  ["maker/emqx", "latest", undefined],
])("reads %s", (reference, version, debian) => {
  expect(versionOf(reference)).toBe(version);
  expect(debianOf(reference)).toBe(debian);
});
