import { expect, it } from "vitest";
import { Journal } from "./journal.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

/** With topic and payload of 12 bytes, and 8 that the record itself has, 20 bytes. */
const message = { topic: "grün", payload: Buffer.alloc(7) };

it("takes the bytes of its records from the disk", () => {
  const disk = new SimulatedDisk(1_000);
  const journal = new Journal(disk);
  expect(journal.append(message)).toBe(true);
  expect(disk.usedBytes).toBe(20);
});

it("never takes more than half of the disk, however much is written, and keeps the newest", () => {
  const disk = new SimulatedDisk(400);
  const journal = new Journal(disk);
  for (let n = 0; n < 100; n += 1) {
    expect(journal.append(message)).toBe(true);
    expect(disk.usedBytes).toBeLessThanOrEqual(200);
    expect(disk.usedBytes).toBe(journal.length * 20);
  }
  expect(journal.length).toBeGreaterThanOrEqual(5);
});

it("says so where the disk has no room, and goes on when it has", () => {
  const disk = new SimulatedDisk(400);
  const journal = new Journal(disk);
  const free = disk.fill();
  expect(journal.append(message)).toBe(false);
  expect(journal.length).toBe(0);
  journal.whenRoom(() => void journal.append(message));
  free();
  expect(journal.length).toBe(1);
});
