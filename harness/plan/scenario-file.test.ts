import { assert, constantFrom, nat, pre, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { anyOutage } from "#contract/check.ts";
import { LabError } from "#contract/errors.ts";
import { catalogueOf, targetNamed } from "#testing/catalogue.ts";
import { PlanError } from "./problems.ts";
import { readScenario, type ScenarioOptions } from "./scenario-file.ts";

const catalogue = catalogueOf();
const metrics = ["recovery.t90", "recovery.peak", "telemetry.lost", "connected.lowest"];

const sample = `scenario: broker-outage
title: The broker disappears while devices report
target: { embedded: { authentication: per-device } }
posture: weak
fleets:
  - { device: thermostat, size: 40, posture: { reconnect: fixed } }
  - { device: ip-camera, size: 10 }
stages:
  - { stage: settle, lasts: 5s }
  - stage: stress
    lasts: 15s
    disruptions: [ { broker-restart: { downFor: 10s } } ]
    attacks: [ mqtt.topic-snoop ]
  - stage: strain
    attacks:
      - mqtt.half-open: { dropWithin: 6s }
      - { mqtt.connect-flood: , ifAble: true }
expects:
  - { metric: recovery.t90, atMost: 12s }
  - { metric: telemetry.lost, atMost: 1% }
  - { metric: connected.lowest, atLeast: 0.25 }
`;

const read = (text: string, options: Partial<ScenarioOptions> = {}) =>
  readScenario({ text, file: "plan.yaml" }, catalogue, { metrics, ...options });

/** `line: message` of every problem. */
function problemsOf(text: string, options: Partial<ScenarioOptions> = {}): readonly string[] {
  try {
    read(text, options);
  } catch (error) {
    if (error instanceof PlanError) return error.problems.map(({ line, message }) => `${line}: ${message}`);
    throw error;
  }
  return [];
}

function usageErrorOf(options: Partial<ScenarioOptions>): string {
  try {
    read(sample, options);
  } catch (error) {
    if (error instanceof LabError && error.code === "E_USAGE") return error.message;
    throw error;
  }
  return "";
}

/** A scenario of one stage; what is given replaces or adds keys. */
function scenarioWith(changes: string, stage = "{ stage: only, lasts: 1s }"): string {
  return `scenario: test\ntitle: A test\nstages:\n  - ${stage}\n${changes}`;
}

const fleet = "fleets: [ { device: thermostat, size: 5 } ]\n";

describe("a valid file", () => {
  const plan = read(sample);

  it("becomes units and parsed parameters", () => {
    expect(plan).toMatchObject({ id: "broker-outage", posture: "weak", knobs: { authentication: "per-device" } });
    expect(plan.target).toBe(catalogue.targets.get("embedded"));
    expect(plan.fleets.map(({ device, size, posture }) => [device.id, size, posture])).toEqual([
      ["thermostat", 40, { reconnect: "fixed" }],
      ["ip-camera", 10, {}],
    ]);
    expect(plan.stages.map(({ name, lastsMs }) => [name, lastsMs])).toEqual([
      ["settle", 5_000],
      ["stress", 15_000],
      ["strain", undefined],
    ]);
    expect(plan.stages[1]?.disruptions[0]).toEqual({
      disruption: catalogue.disruptions.get("broker-restart"),
      parameters: { downFor: 10_000 },
      ifAble: false,
    });
    expect(plan.stages[2]?.attacks.map(({ attack, parameters }) => [attack.id, parameters])).toEqual([
      ["mqtt.half-open", { connections: 200, dropWithin: 6_000 }],
      ["mqtt.connect-flood", {}],
    ]);
  });

  it("has thresholds in the unit of their metric", () => {
    expect(plan.expects).toEqual([
      { metric: "recovery.t90", atMost: 12_000 },
      { metric: "telemetry.lost", atMost: 0.01 },
      { metric: "connected.lowest", atLeast: 0.25 },
    ]);
  });

  it("uses the embedded broker, hardened, where it names no target", () => {
    expect(read(scenarioWith(""))).toMatchObject({ target: { id: "embedded" }, posture: "hardened", knobs: {} });
  });
});

describe("what goes before the file", () => {
  it("is the target of the command line, to which knobs of another do not apply", () => {
    const target = targetNamed("mqtt://127.0.0.1", { offers: ["restart"] });
    expect(read(sample, { target, posture: "hardened" })).toMatchObject({ target, posture: "hardened", knobs: {} });
  });

  it("are knobs of the command line, on top of the file's", () => {
    expect(read(sample, { knobs: { maxConnections: 9 } }).knobs).toEqual({
      authentication: "per-device",
      maxConnections: 9,
    });
  });

  it.each([
    [
      { maxConections: 9 },
      '--knob maxConections: the target embedded has no such knob; did you mean "maxConnections"?',
    ],
    [{ maxConnections: "many" }, '--knob maxConnections="many": Invalid input'],
  ])("is refused where the knob is wrong: %j", (knobs, message) => {
    expect(usageErrorOf({ knobs })).toContain(message);
  });
});

describe("a filter", () => {
  it("lets a check of recovery stand for every disruption that severs", () => {
    const [sampleCheck] = catalogue.checks;
    if (sampleCheck === undefined) throw new Error("the sample catalogue has no check");
    const judged = { ...catalogue, checks: [{ ...sampleCheck, id: "fleet-returns", needs: [anyOutage] }] };
    const plan = readScenario({ text: sample, file: "s.yaml" }, judged, { metrics, only: ["fleet-returns"] });
    const kept = plan.stages.flatMap(({ disruptions }) => disruptions.map(({ disruption }) => disruption));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.every(({ severs }) => severs)).toBe(true);
    expect(plan.stages.flatMap(({ attacks }) => attacks)).toEqual([]);
  });

  it("keeps what --only names, and stages that are only time", () => {
    const plan = read(sample, { only: ["mqtt.half-open"] });
    expect(plan.stages.map(({ name, attacks }) => [name, attacks.length])).toEqual([
      ["settle", 0],
      ["strain", 1],
    ]);
  });

  it("lets a check stand for the attacks that it needs", () => {
    const plan = read(sample, { only: ["strangers-get-no-topics"] });
    expect(plan.stages.flatMap(({ attacks }) => attacks.map(({ attack }) => attack.id))).toEqual(["mqtt.topic-snoop"]);
  });

  it("takes away what --skip names", () => {
    const plan = read(sample, { skip: ["mqtt.half-open", "broker-restart"] });
    expect(plan.stages.flatMap(({ disruptions }) => disruptions)).toEqual([]);
    expect(plan.stages[2]?.attacks).toHaveLength(1);
  });

  it.each([
    [{ only: ["mqtt.half-opn"] }, 'there is no such attack, disruption, load or check; did you mean "mqtt.half-open"?'],
    [{ skip: ["nonsense"] }, "--skip nonsense: there is no such attack, disruption, load or check"],
    [{ only: ["slow-link"] }, "--only slow-link selects nothing in this plan"],
    [{ only: ["mqtt.half-open"], skip: ["mqtt.half-open"] }, "leave nothing to run"],
  ])("that selects nothing is an error: %j", (options, message) => {
    expect(usageErrorOf(options)).toContain(message);
  });
});

describe("a wrong file", () => {
  it("is told everything that is wrong in it at once, in order", () => {
    const wrong = sample
      .replace("embedded:", "embedded-broker:")
      .replace("reconnect: fixed", "reconect: fixed")
      .replace("lasts: 5s", "lasts: 5x")
      .replace("downFor", "downfor")
      .replace("mqtt.topic-snoop", "mqtt.topic-snop")
      .replace("dropWithin: 6s", "dropWithin: 6h")
      .replace("12s", "12%");
    expect(problemsOf(wrong)).toEqual([
      '3: there is no target "embedded-broker"; did you mean "embedded"?',
      '6: thermostat has no key "reconect"; did you mean "reconnect"?',
      '9: "lasts" is not a duration; write for example 500ms, 5s or 2m',
      '12: broker-restart has no key "downfor"; did you mean "downFor"?',
      '13: there is no attack "mqtt.topic-snop"; did you mean "mqtt.topic-snoop"?',
      '16: "dropWithin" is more than 120s, the most that is allowed',
      '19: "12%" is not a time; write for example 12s or 500ms',
    ]);
  });

  it("is an E_PLAN whose message gives file, line and column of each", () => {
    expect(() => read(sample.replace("size: 40", "size: none"))).toThrow(
      'plan.yaml:6:33: "size" must be a number, but is the text "none"',
    );
  });

  it.each([
    [
      scenarioWith("", "{ stage: only }"),
      '4: the stage "only" has nothing to do: give it "lasts", "loads", "attacks" or "disruptions"',
    ],
    [scenarioWith("", "{ lasts: 1s }"), '4: a stage needs the key "stage"'],
    [scenarioWith("  - { stage: only, lasts: 1s }\n"), '5: there is already a stage "only"'],
    [
      scenarioWith("", "{ stage: a, attacks: [ mqtt.topic-snoop: { filters: 1 } ] }"),
      '4: mqtt.topic-snoop has no key "filters" (it has none)',
    ],
    [
      scenarioWith("", "{ stage: a, attacks: [ { mqtt.topic-snoop: , mqtt.half-open: } ] }"),
      '4: "mqtt.half-open" is a second attack in one item; give it an item of its own',
    ],
    [
      scenarioWith("", "{ stage: a, attacks: [ { mqtt.topic-snoop: , ifAbel: true } ] }"),
      '4: "ifAbel" is not a key here; did you mean "ifAble"?',
    ],
    [
      scenarioWith("", "{ stage: a, attacks: [ 5 ] }"),
      "4: an attack is written as its id, or as {id: {parameter: value}}",
    ],
    [
      scenarioWith("", "{ stage: a, attacks: [ mqtt.half-open: 5s ] }"),
      "4: what is given to mqtt.half-open must be a mapping of keys to values",
    ],
    [
      scenarioWith("", "{ stage: a, attacks: [ mqtt.half-open: { connections: 1 } ] }"),
      '4: "connections" is 1, but must be at least 20',
    ],
    [
      scenarioWith("", "{ stage: a, attacks: [ mqtt.half-open: { dropWithin: 6 } ] }"),
      '4: "dropWithin" must be text, but is 6; write "6" in quotes, or with its unit where it is a duration: 6s',
    ],
    [
      scenarioWith("", "{ stage: a, together: true, attacks: [ mqtt.half-open, mqtt.topic-snoop ] }"),
      "4: mqtt.half-open strains the target, so nothing can be judged that runs together with it",
    ],
    [
      scenarioWith("", "{ stage: a, lasts: 1s, disruptions: [ broker-restart ] }"),
      "4: broker-restart lasts 2000 ms, longer than its stage with 1000 ms",
    ],
    [
      scenarioWith("", "{ stage: a, disruptions: [ slow-link ] }"),
      "4: slow-link works on the link of the fleet, and the plan has no fleet",
    ],
    [
      scenarioWith("target: mqtt://127.0.0.1:1883\n"),
      "5: a target of your own is named on the command line, not in the file",
    ],
    [scenarioWith("target: { local:mosquitto: { x: 1 } }\n"), "5: the target local:mosquitto has no knobs"],
    [
      scenarioWith("target: { embedded: { maxConnections: lots } }\n"),
      '5: "maxConnections" must be a number, but is the text "lots"',
    ],
    [scenarioWith("posture: week\n"), '5: "posture" must be one of weak, hardened, not "week"; did you mean "weak"?'],
    [
      scenarioWith("fleets: [ { device: thermostat, size: 20001 } ]\n"),
      '5: "size" is 20001, but must be at most 20000',
    ],
    [
      scenarioWith("fleets: [ { device: thermostat, size: 15000 }, { device: ip-camera, size: 15000 } ]\n"),
      "5: the fleets hold 30000 devices together, more than 20000, the most that is allowed",
    ],
    [
      scenarioWith("fleets: [ { device: thermostat, size: 5, posture: { reconnect: never } } ]\n"),
      '5: "reconnect" of thermostat must be one of full-jitter, exponential, fixed, none, not "never"',
    ],
    [
      scenarioWith(`${fleet}expects: [ { metric: recovery.t9, atMost: 1s } ]\n`),
      '6: there is no metric "recovery.t9"; did you mean "recovery.t90"?',
    ],
    [
      scenarioWith(`${fleet}expects: [ { metric: telemetry.lost } ]\n`),
      '6: say what is expected of telemetry.lost: "atMost", "atLeast" or both',
    ],
    [
      scenarioWith(`${fleet}expects: [ { metric: telemetry.lost, atMost: 2 } ]\n`),
      "6: 2 is not a share; write for example 1% or 0.01",
    ],
    [
      scenarioWith(`${fleet}expects: [ { metric: telemetry.lost, atMost: 1%, atLeast: 2% } ]\n`),
      '6: "atLeast" is above "atMost": nothing can be both',
    ],
    [
      scenarioWith(`${fleet}expects: [ { metric: recovery.t90, atMost: 1s } ]\n`),
      "6: recovery.t90 can never be measured here: no disruption of the plan makes devices lose their connection",
    ],
    [
      scenarioWith("expects: [ { metric: telemetry.lost, atMost: 1% } ]\n"),
      "5: telemetry.lost can never be measured here: the plan has no fleet",
    ],
    ["- a\n- b\n", "1: a scenario must be a mapping of keys to values"],
  ])("is told what is wrong: %#", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it("does not call a key missing that is only misspelt", () => {
    expect(problemsOf("scenaro: a\ntitle: b\nstages: [ { stage: a, lasts: 1s } ]\n")).toEqual([
      '1: a scenario has no key "scenaro"; did you mean "scenario"?',
    ]);
  });
});

describe("what the target lacks", () => {
  const target = targetNamed("mqtt://127.0.0.1", { gives: { roles: ["intruder"], devices: 3 } });

  it("is an error, for each unit at its place", () => {
    const stage = "{ stage: a, disruptions: [ broker-restart ], attacks: [ mqtt.topic-snoop ] }";
    expect(problemsOf(scenarioWith(fleet, stage), { target })).toEqual([
      "4: broker-restart needs restart, which the target mqtt://127.0.0.1 does not offer",
      "4: mqtt.topic-snoop needs victim, which the target mqtt://127.0.0.1 does not give",
      "5: the fleets need 5 identities, but the target mqtt://127.0.0.1 gives 3",
    ]);
  });

  it("is none where the unit is marked with ifAble", () => {
    const stage =
      "{ stage: a, disruptions: [ { broker-restart: , ifAble: true } ], attacks: [ { mqtt.topic-snoop: , ifAble: true } ] }";
    expect(read(scenarioWith("", stage), { target }).stages[0]?.disruptions[0]?.ifAble).toBe(true);
  });

  it("makes a threshold unreachable that only a disruption marked with ifAble could reach", () => {
    const stage = "{ stage: a, disruptions: [ { broker-restart: , ifAble: true } ] }";
    const text = scenarioWith(
      "fleets: [ { device: thermostat, size: 3 } ]\nexpects: [ { metric: recovery.t90, atMost: 1s } ]\n",
      stage,
    );
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(text, { target })).toEqual([
      "6: recovery.t90 can never be measured here: the target mqtt://127.0.0.1 can undergo none of the disruptions that sever connections",
    ]);
  });

  it("is another protocol, for the fleet too", () => {
    const coap = targetNamed("coap://127.0.0.1", { speaks: ["coap"] });
    const stage = "{ stage: a, attacks: [ mqtt.topic-snoop ] }";
    expect(problemsOf(scenarioWith(fleet, stage), { target: coap })).toEqual([
      "4: mqtt.topic-snoop speaks mqtt, which the target coap://127.0.0.1 does not",
      "5: thermostat speaks mqtt, which the target coap://127.0.0.1 does not",
    ]);
  });
});

describe("a load", () => {
  const stage =
    "{ stage: a, after: 3s, loads: [ { mqtt.connect-storm: { clients: 7 } } ], attacks: [ mqtt.topic-snoop ] }";

  it("is read with its parameters, and with how long it runs alone", () => {
    const [read1] = read(scenarioWith("", stage)).stages;
    expect(read1).toMatchObject({
      afterMs: 3_000,
      loads: [{ load: { id: "mqtt.connect-storm" }, parameters: { clients: 7, lasts: 10_000 }, ifAble: false }],
    });
  });

  it("can be chosen and left out by its id", () => {
    const only = read(scenarioWith("", stage), { only: ["mqtt.connect-storm"] }).stages;
    expect(only).toMatchObject([{ attacks: [], loads: [{ load: { id: "mqtt.connect-storm" } }] }]);
    expect(read(scenarioWith("", stage), { skip: ["mqtt.connect-storm"] }).stages).toMatchObject([{ loads: [] }]);
  });

  it.each([
    [
      "{ stage: a, loads: [ mqtt.conect-storm ] }",
      'there is no load "mqtt.conect-storm"; did you mean "mqtt.connect-storm"?',
    ],
    ["{ stage: a, loads: [ { mqtt.connect-storm: { client: 3 } } ] }", 'has no key "client"; did you mean "clients"?'],
    ["{ stage: a, after: 3s, loads: [ mqtt.connect-storm ] }", '"after" lets loads run before attacks'],
    ["{ stage: a, after: 3s, attacks: [ mqtt.topic-snoop ] }", '"after" lets loads run before attacks'],
  ])("that is written wrong is told: %s", (text, problem) => {
    expect(problemsOf(scenarioWith("", text))).toEqual([expect.stringContaining(problem)]);
  });

  it("needs a listener of the target, and an identity for each client beside those of the fleets", () => {
    const target = targetNamed("mqtt://127.0.0.1", {
      listens: ["mqtt"],
      gives: { roles: ["victim", "intruder"], devices: 8 },
    });
    expect(problemsOf(scenarioWith("", stage), { target })).toEqual([
      "4: mqtt.connect-storm works over ws, on which the target mqtt://127.0.0.1 does not listen",
    ]);
    const reached = targetNamed("ws://127.0.0.1", {
      listens: ["ws"],
      gives: { roles: ["victim", "intruder"], devices: 8 },
    });
    expect(problemsOf(scenarioWith("", stage), { target: reached })).toEqual([]);
    expect(problemsOf(scenarioWith(fleet, stage), { target: reached })).toEqual([
      "5: the fleets and the clients of the loads need 12 identities, but the target ws://127.0.0.1 gives 8",
    ]);
  });
});

describe("any slip of one letter", () => {
  const words = (
    "scenario title target posture fleets stages stage lasts device size disruptions attacks expects metric atMost " +
    "atLeast downFor dropWithin authentication reconnect embedded thermostat ip-camera mqtt.topic-snoop mqtt.half-open " +
    "mqtt.connect-flood broker-restart recovery.t90 telemetry.lost connected.lowest"
  ).split(" ");

  it("in a key or an id is found in its line, with the word that was meant", () => {
    const slip = record({
      word: constantFrom(...words),
      at: nat(),
      letter: constantFrom(..."abcdefghijklmnopqrstuvwxyz".split("")),
      how: constantFrom("replaced", "left out", "put in"),
    });
    assert(
      property(slip, ({ word, at, letter, how }) => {
        const place = at % word.length;
        const rest = word.slice(how === "put in" ? place : place + 1);
        const wrong = word.slice(0, place) + (how === "left out" ? "" : letter) + rest;
        pre(wrong !== word && !words.includes(wrong) && /^[a-z]/i.test(wrong));
        const text = sample.replace(new RegExp(`(?<![\\w.-])${RegExp.escape(word)}(?![\\w.-])`), wrong);
        const line = text.split("\n").findIndex((each, n) => each !== sample.split("\n")[n]) + 1;
        const found = problemsOf(text).filter((problem) => problem.includes(`did you mean "${word}"?`));
        expect(found.map((problem) => problem.split(":")[0])).toEqual([String(line)]);
      }),
      { numRuns: 300 },
    );
  });
});
