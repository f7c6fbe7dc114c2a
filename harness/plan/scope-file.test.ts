import { expect, it } from "vitest";
import { isoOf } from "./iso-date.ts";
import { PlanError } from "./problems.ts";
import { readScope } from "./scope-file.ts";

const now = "2026-11-24T12:00:00.000Z";
const sample = `owner: A. Person, a.person@example.org
expires: 2026-12-31
targets:
  - { host: broker.lab.example, ports: [1883, 8883] }
  - { host: "fd00::1", ports: any }
limits: { connections: 100 }
`;

const read = (text: string, nowIso = now) => readScope({ text, file: "scope.yaml" }, nowIso);

function problemsOf(text: string, nowIso = now): readonly string[] {
  try {
    read(text, nowIso);
  } catch (error) {
    if (error instanceof PlanError) return error.problems.map(({ line, message }) => `${line}: ${message}`);
    throw error;
  }
  return [];
}

it("reads who allows what, until when", () => {
  expect(read(sample)).toEqual({
    owner: "A. Person, a.person@example.org",
    expires: "2026-12-31T23:59:59.999Z",
    targets: [
      { host: "broker.lab.example", ports: [1883, 8883] },
      { host: "fd00::1", ports: "any" },
    ],
    limits: { connections: 100 },
  });
});

it("opens nothing once it has expired, and counts a day to its end", () => {
  expect(problemsOf(sample, "2026-12-31T23:00:00.000Z")).toEqual([]);
  expect(problemsOf(sample, "2027-01-01T00:00:00.000Z")).toEqual(["2: this scope expired on 2026-12-31"]);
});

it.each(["10.0.0.0/8", "*", "*.example.org", "mqtt://broker", "10.0.0.1-9", "a b", "broker:1883", ""])(
  "names one host and never a range or pattern: %j",
  (host) => {
    expect(problemsOf(sample.replace("broker.lab.example", JSON.stringify(host)))[0]).toMatch(
      /^4: "host" must be one host/,
    );
  },
);

it.each([
  ["[1883, 8883]", "[0]", '4: "ports" is 0, but must be at least 1'],
  ["[1883, 8883]", "[]", '4: "ports" is a list of 0, but must be at least 1 long'],
  ["[1883, 8883]", "all", '4: "ports" must be a list of ports from 1 to 65535, or "any"'],
  ["2026-12-31", "soon", '2: "expires" must be a date such as "2027-06-30" or a time such as "2027-06-30T12:00:00Z"'],
  ["connections: 100", "conections: 100", '6: limits has no key "conections"; did you mean "connections"?'],
  ["connections: 100", "connections: 5000", '6: "connections" is 5000, but must be at most 2000'],
  [/^owner.*\n/, "", '1: a scope file needs the key "owner"'],
  [/^expires.*\n/m, "", '1: a scope file needs the key "expires"'],
])("finds %s turned into %j", (right, wrong, problem) => {
  expect(problemsOf(sample.replace(right, wrong))).toEqual([problem]);
});

it.each([
  ["2027-06-30", "2027-06-30T23:59:59.999Z"],
  ["2027-06-30T12:00Z", "2027-06-30T12:00:00.000Z"],
  ["2027-06-30T12:00:00+02:00", "2027-06-30T10:00:00.000Z"],
  ["2027-02-30", undefined],
  ["2027-13-01", undefined],
  ["2027-06-30T25:00:00Z", undefined],
  ["2027-06-30T12:00:00", undefined],
  ["30.06.2027", undefined],
])("reads the date %j as %j", (text, iso) => {
  expect(isoOf(text)).toBe(iso);
});
