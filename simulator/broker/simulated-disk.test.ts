import { expect, it } from "vitest";
import { SimulatedDisk } from "./simulated-disk.ts";

it("takes what there is room for, and nothing of what there is not", () => {
  const disk = new SimulatedDisk(100);
  expect([disk.write(60), disk.write(41), disk.write(40), disk.write(1)]).toEqual([true, false, true, false]);
  expect(disk.usedBytes).toBe(100);
  disk.erase(60);
  expect(disk.write(60)).toBe(true);
});

it("has no room while another's file fills it, even where some is given up", () => {
  const disk = new SimulatedDisk(100);
  disk.write(50);
  const free = disk.fill();
  disk.erase(50);
  expect(disk.write(1)).toBe(false);
  free();
  expect(disk.write(100)).toBe(true);
});

it("wakes who waits once, when the last that filled it is gone", () => {
  const disk = new SimulatedDisk(100);
  const first = disk.fill();
  const second = disk.fill();
  let woken = 0;
  disk.whenFreed(() => {
    woken += 1;
  });
  first();
  first();
  expect(woken).toBe(0);
  second();
  disk.fill()();
  expect(woken).toBe(1);
});
