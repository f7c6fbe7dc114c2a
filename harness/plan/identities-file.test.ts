import { expect, it } from "vitest";
import { readIdentities } from "./identities-file.ts";
import { PlanError } from "./problems.ts";

const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const sample = `operator: { clientId: operator, username: operator, password: open sesame }
intruder: { clientId: intruder, username: intruder, password: i }
victim:
  clientId: victim
  username: victim
  password: v
  topics: { command: "cmd/{username}" }
topics: { telemetry: "up/{clientId}" }
devices:
  - { clientId: "thermostat-{n}", username: "thermostat-{n}", password: "secret-{n}", count: 3 }
  - clientId: camera
    certificate: { cert: camera.pem, key: camera.key }
`;

const read = (text: string, readFile?: (path: string) => string) =>
  readIdentities({ text, file: "identities.yaml" }, readFile && { readFile });

function problemsOf(text: string, readFile: (path: string) => string = () => pem): readonly string[] {
  try {
    read(text, readFile);
  } catch (error) {
    if (error instanceof PlanError) return error.problems.map(({ line, message }) => `${line}: ${message}`);
    throw error;
  }
  return [];
}

it("reads the roles, each with topics of its own pattern, the file's, or the usual one", () => {
  const { operator, intruder, victim } = read(sample, () => pem);
  expect(operator).toEqual({ clientId: "operator", username: "operator", password: "open sesame" });
  expect(intruder?.topics).toEqual({
    telemetry: "up/intruder",
    state: "devices/intruder/state",
    command: "devices/intruder/command",
    config: "devices/intruder/config",
  });
  expect(victim?.topics).toMatchObject({ telemetry: "up/victim", command: "cmd/victim" });
});

it("reads a witness where there is one", () => {
  const { witness } = read(`${sample}witness: { clientId: w, username: w, password: reads }\n`, () => pem);
  expect(witness).toEqual({ clientId: "w", username: "w", password: "reads" });
  expect(read(sample, () => pem)).not.toHaveProperty("witness");
});

it("takes one topic that all others lie below", () => {
  const below = sample
    .replace('{ telemetry: "up/{clientId}" }', '"fleet/{username}/"')
    .replace("cmd/{username}", "cmd");
  expect(read(below, () => pem).intruder?.topics).toEqual({
    telemetry: "fleet/intruder/telemetry",
    state: "fleet/intruder/state",
    command: "fleet/intruder/command",
    config: "fleet/intruder/config",
  });
  expect(problemsOf(sample.replace('{ telemetry: "up/{clientId}" }', '"fleet/#"'))).toEqual([
    '8: "topics" must be one topic: + and # belong to filters',
  ]);
});

it("numbers devices that are given with a count", () => {
  const { devices } = read(sample, () => pem);
  expect(devices.map(({ clientId, password }) => [clientId, password])).toEqual([
    ["thermostat-0001", "secret-0001"],
    ["thermostat-0002", "secret-0002"],
    ["thermostat-0003", "secret-0003"],
    ["camera", undefined],
  ]);
  expect(devices[1]?.topics.telemetry).toBe("up/thermostat-0002");
});

it("takes certificates from the files that it names, or as they stand there", () => {
  const seen: string[] = [];
  const { devices } = read(sample, (path) => {
    seen.push(path);
    return pem;
  });
  expect(seen).toEqual(["camera.pem", "camera.key"]);
  expect(devices.at(-1)?.certificate).toEqual({ cert: pem, key: pem });
  const inline = `operator: { clientId: o, certificate: { cert: ${JSON.stringify(pem)}, key: ${JSON.stringify(pem)} } }`;
  expect(read(inline).operator?.certificate).toEqual({ cert: pem, key: pem });
});

it.each([
  [
    "clientId: intruder",
    "clientId: operator",
    '2: "operator" is already the client id of another identity; a broker would throw one of them out',
  ],
  ["username: intruder, ", "", '2: a password needs a "username"'],
  ["password: i ", "password: 17 ", '2: "password" must be text; write it in quotes'],
  ["up/{clientId}", "up/#", '8: "telemetry" must be one topic: + and # belong to filters'],
  ["thermostat-{n}", "thermostat", '10: "clientId" of several devices needs {n}, their number'],
  ["username: operator", "usrname: operator", '1: an identity has no key "usrname"; did you mean "username"?'],
])("finds %j turned into %j", (right, wrong, problem) => {
  expect(problemsOf(sample.replace(right, wrong))).toContain(problem);
});

const missing = (path: string): string => {
  throw new Error(`${path}: there is no such file`);
};

it("says which PEM file is missing or none", () => {
  expect(problemsOf(sample, () => "hello")[0]).toBe("12: camera.pem is not a PEM file");
  expect(problemsOf(sample, missing)[0]).toBe("12: the PEM file cannot be read: camera.pem: there is no such file");
});

it("never repeats a password that was written as text", () => {
  const wrong = sample
    .replace("username: operator", "usrname: operator")
    .replace("clientId: victim", "clientId: operator");
  expect(problemsOf(wrong).join()).not.toContain("sesame");
});

it("reads what the resources of a CoAP server are for", () => {
  const text = `${sample}resources:
  sensitive: [config, devices/victim/state]
  actuator: devices/victim/command
  slow: async?3
  lookup: { endpoints: rd-lookup/ep }
`;
  expect(read(text, () => pem).resources).toEqual({
    sensitive: ["config", "devices/victim/state"],
    actuator: "devices/victim/command",
    slow: "async?3",
    lookup: { endpoints: "rd-lookup/ep" },
  });
  expect(read(sample, () => pem)).not.toHaveProperty("resources");
});

it.each([
  ["actuator: /lock", '14: "actuator" must be a path without the first slash, such as devices/lock-1/command'],
  ["actuater: lock", '14: resources has no key "actuater"; did you mean "actuator"?'],
  ["lookup: { endpoint: ep }", '14: lookup has no key "endpoint"; did you mean "endpoints"?'],
])("finds %j among the resources", (wrong, problem) => {
  expect(problemsOf(`${sample}resources:\n  ${wrong}\n`)).toContain(problem);
});
