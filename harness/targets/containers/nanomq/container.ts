import { brokerAccounts } from "../broker-accounts.ts";
import type { ContainerRecipe, ContainerSetup } from "../container-recipe.ts";
import { aclOf, configurationOf, passwordsOf } from "./configuration.ts";

const paths = { configuration: "/etc/nanomq.conf", passwords: "/etc/nanomq_pwd.conf", acl: "/etc/nanomq_acl.conf" };
const [mqtt, webSocket, webSocketPath] = [1883, 8083, "/mqtt"];

/** NanoMQ, a broker for the edge in C. */
export const nanomq: ContainerRecipe = {
  name: "nanomq",
  title: "NanoMQ in a container, with a weak or hardened configuration that seatrial writes",
  speaks: ["mqtt"],
  image: "emqx/nanomq:0.23.4",
  unverified: "no run with this image has been seen; the configuration follows its manual",
  protocolLevels: [3, 4, 5],
  listeners: [
    { scheme: "mqtt", port: mqtt },
    { scheme: "ws", port: webSocket, path: webSocketPath },
  ],
  memoryBytes: 512 * 1024 ** 2,
  readyWithinMs: 20_000,
  logKinds: [
    ["refused", /auth(entication)? fail|acl deny|not authori[sz]ed/i],
    ["protocol", /malformed|protocol error/i],
    ["error", /\b(error|fatal)\b/i],
  ],

  async configure({ posture, identities }): Promise<ContainerSetup> {
    const accounts = brokerAccounts(identities);
    const { passwords, acl } = paths;
    const ports = { mqttPort: mqtt, webSocketPort: webSocket, webSocketPath };
    return {
      files: [
        { path: paths.configuration, content: configurationOf({ posture, ...ports, passwords, acl }) },
        { path: passwords, content: passwordsOf(posture, accounts), mode: 0o600 },
        { path: acl, content: aclOf(posture, accounts), mode: 0o600 },
      ],
      command: ["nanomq", "start", "--conf", paths.configuration],
    };
  },

  async product({ exec }) {
    const { output } = await exec(["nanomq", "--version"]);
    return `nanomq ${/\d+\.\d+\.\d+/.exec(output)?.[0] ?? "of unknown version"}`;
  },
};
