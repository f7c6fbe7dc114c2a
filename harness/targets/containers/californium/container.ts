import type { CoapResources } from "#contract/coap.ts";
import { coapIdentities } from "../../libcoap/coap-identities.ts";
import { brokerAccounts } from "../broker-accounts.ts";
import type { ContainerRecipe, ContainerSetup } from "../container-recipe.ts";
import { accountLines } from "./account-lines.ts";
import { californiumLogKinds } from "./log-kinds.ts";

const accounts = "/seatrial/accounts";
const user = "5683:5683";
/** At rest it uses 42 MB. */
const memoryBytes = 256 * 1024 ** 2;

const java = [
  "java",
  "-Xmx128m",
  "-XX:+UseSerialGC",
  "-XX:-UsePerfData",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
  "-cp",
  "/app:/app/jars/*",
];

/**
 * Eclipse Californium, a Java library, with a small device server of seatrial's on it: the makers' own demonstration
 * servers are not published where libraries are. When hardened its plain port is for public resources alone.
 */
export const californium: ContainerRecipe = {
  name: "californium",
  title: "Eclipse Californium in a container, under a small device server of seatrial's, weak or hardened",
  speaks: ["coap"],
  image: "seatrial/californium:3.13.0-debian12",
  listeners: [
    { scheme: "coap", port: 5683 },
    { scheme: "coaps", port: 5684 },
  ],
  readOnlyRoot: true,
  memoryBytes,
  readyLog: /^listening/m,
  readyWithinMs: 60_000,
  logKinds: californiumLogKinds,

  identities: ({ posture, devices, random }) =>
    coapIdentities(random, devices, posture === "weak" ? "default" : "per-device"),

  async configure({ posture, identities }): Promise<ContainerSetup> {
    const device = identities.victim?.clientId ?? "victim";
    return {
      files: [{ path: accounts, content: accountLines(brokerAccounts(identities)), mode: 0o600 }],
      command: [...java, "LabServer", posture, accounts, device],
      user,
    };
  },

  async product({ exec }) {
    const { output } = await exec(["ls", "/app/jars"]);
    const version = /californium-core-(\S+)[.]jar/.exec(output)?.[1] ?? "of unknown version";
    return `californium ${version}, under a device server of seatrial's`;
  },

  resources({ posture, identities: { victim } }): CoapResources {
    const below = `devices/${victim?.clientId ?? "victim"}`;
    return {
      open: "info",
      sensitive: ["config", `${below}/state`],
      actuator: `${below}/command`,
      counter: `${below}/counter`,
      ...(posture === "weak" && { creatable: "new" }),
      ticking: "time",
      large: "large",
      upload: `${below}/upload`,
      slow: "slow",
    };
  },
};
