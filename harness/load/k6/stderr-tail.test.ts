import { expect, it } from "vitest";
import { StderrTail } from "./stderr-tail.ts";

it("keeps the words of the last lines, however they were cut", () => {
  const tail = new StderrTail();
  tail.add('time="2030-01-01T00:00:00Z" level=error msg="it \\"br');
  tail.add('oke\\"\\nat line 3"\nplain text\n');
  expect(tail.last).toBe('it "broke" at line 3\nplain text');
});

it("forgets all but the last twenty", () => {
  const tail = new StderrTail();
  for (let n = 0; n < 50; n += 1) tail.add(`line ${n}\n`);
  expect(tail.last.split("\n")).toHaveLength(20);
  expect(tail.last).toContain("line 49");
});

it("counts what scripts throw, and keeps the first", () => {
  const tail = new StderrTail();
  tail.add('level=error msg="TypeError: a" executor=x scenario=main source=stacktrace\n');
  tail.add('level=error msg="TypeError: b" executor=x scenario=main source=stacktrace\n');
  tail.add('level=warning msg="something else"\n');
  expect(tail.exceptions).toBe(2);
  expect(tail.firstException).toBe("TypeError: a");
});
