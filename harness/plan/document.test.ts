import { expect, it } from "vitest";
import { readDocument } from "./document.ts";
import { PlanError } from "./problems.ts";

const read = (text: string) => readDocument({ text, file: "plan.yaml" });

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof PlanError) return error.message.split("\n");
    throw error;
  }
  return [];
}

it("knows where every key and value stands, also inside flow collections", () => {
  const document = read('a: 1\nlist:\n  - { "deep.key": [x, yy] }\n');
  expect(document.place(["list", 0, "deep.key", 1])).toEqual({ line: 3, column: 23 });
  expect(document.keyPlace(["list", 0, "deep.key"])).toEqual({ line: 3, column: 7 });
  expect(document.at(["list", 0, "deep.key", 1])).toBe("yy");
});

it("points at the nearest thing around where something is missing", () => {
  const document = read("a:\n  b: 1\n");
  expect(document.place(["a", "c", "d"])).toEqual(document.place(["a"]));
});

it("keeps text that only looks like something else", () => {
  expect(read("a: 12s\nb: 1%\nc: yes\nd: 2027-01-01\n").value).toEqual({
    a: "12s",
    b: "1%",
    c: "yes",
    d: "2027-01-01",
  });
});

it("reports a key that was given twice, and goes on with the first", () => {
  const document = read("a: 1\na: 2\n");
  expect(document.value).toEqual({ a: 1 });
  expect(problemsOf(() => document.problems.throwIfAny())).toEqual(["plan.yaml:2:1: this key was already given above"]);
});

it.each([
  ["", "plan.yaml:1:1: the file is empty"],
  ["a: 1\n---\nb: 2\n", "plan.yaml:2:1: the file holds more than one document; write each into a file of its own"],
  ["a: \uFFFD\n", "plan.yaml:1:4: the file is not UTF-8 text"],
  ["a: .inf\n", "plan.yaml:1:4: this is neither text nor a number nor true or false"],
])("refuses %j", (text, message) => {
  expect(problemsOf(() => read(text).problems.throwIfAny())[0]).toBe(message);
});

it.each(["a: [1, 2\n", "a: 1\n  b: 2\n", "a: *nobody\n", "a: !!js/function x\n", "\ta: 1\n"])(
  "calls %j no YAML",
  (text) => {
    expect(problemsOf(() => read(text).problems.throwIfAny())[0]).toMatch(/^plan\.yaml:\d+:\d+: /);
  },
);

it("unfolds an alias in moderation", () => {
  expect(read("a: &x { b: 1 }\nc: *x\n").value).toEqual({ a: { b: 1 }, c: { b: 1 } });
});

it("refuses a small file that unfolds to a huge one", () => {
  const levels = Array.from({ length: 9 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(", ")}]`);
  const bomb = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]", ...levels].join("\n");
  expect(problemsOf(() => read(bomb))[0]).toMatch(/unfolds to more than a plan can hold/);
});

it("refuses an alias that contains itself", () => {
  expect(problemsOf(() => read("a: &a [*a]\n"))[0]).toMatch(/^plan\.yaml:1:/);
});

it("never lets a key reach the prototype of anything", () => {
  const document = read("__proto__: { polluted: true }\n");
  expect(Object.getPrototypeOf(document.value)).toBe(Object.prototype);
  expect(document.at(["__proto__", "polluted"])).toBe(true);
});
