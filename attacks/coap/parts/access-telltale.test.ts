import { expect, it } from "vitest";
import { isTelltale, telltalePaths } from "./access-telltale.ts";

it.each(["config", "sys/Config", "devices/a/command", "factory-reset", "psk.bin", "0/0/5", "5", "admin_users"])(
  "/%s tells of settings, keys or commands",
  (path) => expect(isTelltale(path)).toBe(true),
);

it.each(["", "time", "sensors/temperature", "3/0/1", "info", "locker", "firmware", "devices/0/state"])(
  "/%s tells of none",
  (path) => expect(isTelltale(path)).toBe(false),
);

it("guesses each name once, and takes each for telling", () => {
  expect(new Set(telltalePaths).size).toBe(telltalePaths.length);
  expect(telltalePaths.filter((path) => !isTelltale(path))).toEqual([]);
});
