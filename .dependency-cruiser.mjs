const top = "^(harness|simulator|attacks|reports)/";
const folder = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: "error",
  from: { path: from, pathNot: "[.]test[.]ts$" },
  to: { path: top, pathNot: [from, ...allowed] },
});
const contract = "^harness/contract/";
export default {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      comment: "A cycle means two files are one idea; merge them or name what they share.",
      from: {},
      to: { circular: true },
    },
    folder(
      "contract-stands-alone",
      "The contract is what everyone agrees on; it may know nobody.",
      "^harness/contract/",
      [],
    ),
    folder("engine-knows-contract", "The engine runs any unit; it must not know one by name.", "^harness/engine/", [
      contract,
    ]),
    folder("store-knows-contract", "Reading and writing runs needs no unit and no engine.", "^harness/store/", [
      contract,
    ]),
    folder("plan-knows-contract", "A plan is checked against a catalogue that it is given.", "^harness/plan/", [
      contract,
    ]),
    folder(
      "targets-start-systems",
      "A target starts a system under test; it attacks and judges nothing.",
      "^harness/targets/",
      [contract, "^simulator/"],
    ),
    folder(
      "load-knows-contract",
      "A load is honest use from outside; it knows neither target nor attack.",
      "^harness/load/",
      [contract],
    ),
    folder(
      "images-know-recipes",
      "Images are built from the folders of the targets; running them is somebody else's work.",
      "^harness/images/",
      [contract, "^harness/targets/containers/", "^harness/plan/suggestion"],
    ),
    folder("simulator-knows-contract", "Devices and brokers must run without attacks or reports.", "^simulator/", [
      contract,
    ]),
    folder(
      "attacks-speak-protocols",
      "An attack may speak a protocol; it may not borrow a well-behaved device.",
      "^attacks/mqtt/",
      [contract, "^simulator/mqtt/"],
    ),
    folder(
      "coap-attacks-speak-coap",
      "An attack may speak a protocol and mutate it; it may not borrow a well-behaved device or server.",
      "^attacks/coap/",
      [contract, "^simulator/(coap|dtls|udp|fuzz)/"],
    ),
    folder(
      "campaigns-cross-protocols",
      "A campaign goes through several protocols; it may not borrow a well-behaved device or server.",
      "^attacks/campaigns/",
      [contract, "^simulator/(mqtt|coap|dtls|udp|fuzz)/"],
    ),
    folder(
      "disruptions-know-contract",
      "A disruption uses only what the bench and the capabilities offer.",
      "^attacks/disruptions/",
      [contract],
    ),
    folder("reports-know-only-records", "A report must be rebuildable from a recorded run alone.", "^reports/", [
      contract,
    ]),
    {
      name: "reports-are-pure",
      severity: "error",
      comment: "No clock, disk or network: the same record must give the same report, byte for byte.",
      from: { path: "^reports/", pathNot: "[.]test[.]ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "contract-uses-the-schema-library",
      severity: "error",
      comment: "The contract depends on nothing installed but the schema library.",
      from: { path: contract, pathNot: "[.]test[.]ts$" },
      to: { dependencyTypes: ["core", "npm", "npm-dev"], pathNot: "node_modules/zod/" },
    },
    {
      name: "behaviours-are-pure",
      severity: "error",
      comment: "Behaviours and device types are values in, values out; they must run on a virtual clock.",
      from: { path: "^simulator/(behaviours|devices)/", pathNot: "[.]test[.]ts$" },
      to: { dependencyTypes: ["core", "npm", "npm-dev"] },
    },
    {
      name: "tests-stay-tests",
      severity: "error",
      comment: "Shared help for tests lives in harness/testing and is imported by tests only.",
      from: { pathNot: "[.]test[.]ts$|^harness/testing/" },
      to: { path: "[.]test[.]ts$|^harness/testing/" },
    },
    {
      name: "cross-folder-by-alias",
      severity: "error",
      comment: "Crossing a folder is a decision; spell it #folder/… so that review sees it.",
      from: { path: "^((?:harness/)?[^/]+)/" },
      to: { path: top, pathNot: "^$1/", dependencyTypesNot: ["aliased-subpath-import"] },
    },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "no-orphans",
      severity: "error",
      comment: "Units are found by folder; any other file that nobody imports is dead.",
      from: {
        orphan: true,
        pathNot:
          "[.]test[.]ts$|[.]json$|^attacks/|^simulator/devices/|^reports/(checks|render)/|^harness/(cli|load)/[^/]+[.](d[.]mts|mjs)$|^harness/targets/containers/[^/]+/container[.]ts$|^harness/load/[^/]+[.]ts$|[.]k6[.]ts$",
      },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      extensions: [".ts", ".js", ".mjs", ".json"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
