import type { Tally } from "#contract/target.ts";
import { witnessName } from "../../accounts/lab-identities.ts";
import { accessRules } from "../../mosquitto/access-rules.ts";
import { configurationOf } from "../../mosquitto/configuration.ts";
import { mosquittoLogKinds } from "../../mosquitto/log-kinds.ts";
import { mosquittoLogins } from "../../mosquitto/logins.ts";
import { mosquittoTally } from "../../mosquitto/mosquitto-tally.ts";
import { passwordFile } from "../../mosquitto/password-file.ts";
import type { ContainerInside, ContainerRecipe, ContainerSetting, ContainerSetup } from "../container-recipe.ts";
import { counterAccount, counterName } from "./counter-account.ts";

const folder = "/seatrial";
const disk = { path: "/mosquitto/data", bytes: 32 * 1024 ** 2 };
const [mqtt, webSocket] = [1883, 9001];
const paths = {
  configuration: `${folder}/mosquitto.conf`,
  passwords: `${folder}/passwords`,
  accessRules: `${folder}/access-rules`,
};
/** Neither image needs to have a name for this user. */
const user = "1883:1883";

/** Each container has a reader of its own, which remembers what reading has added to the counters. */
const readers = new WeakMap<ContainerInside, () => Promise<Tally>>();

/** Mosquitto in a container, configured as `local:mosquitto` is; what it keeps lies on a disk of its own. */
export const mosquitto: ContainerRecipe = {
  name: "mosquitto",
  title: "Eclipse Mosquitto in a container, with a weak or hardened configuration that seatrial writes",
  speaks: ["mqtt"],
  image: "seatrial/mosquitto:2.0.11-debian12",
  // 2.0.11 counts down twice for a connection that its client ends, so max_connections is reached ever later.
  remembersStrain: true,
  protocolLevels: [3, 4, 5],
  listeners: [
    { scheme: "mqtt", port: mqtt },
    { scheme: "ws", port: webSocket, path: "/mqtt" },
  ],
  disk,
  readOnlyRoot: true,
  memoryBytes: 256 * 1024 ** 2,
  readyWithinMs: 15_000,
  logKinds: mosquittoLogKinds,

  async configure(setting): Promise<ContainerSetup> {
    return { files: await files(setting), command: ["mosquitto", "-c", paths.configuration], user };
  },

  async product({ exec }) {
    // `-h` ends with exit code 3 in all versions, so the code says nothing.
    const { output } = await exec(["mosquitto", "-h"]);
    return `mosquitto ${/mosquitto version (\S+)/.exec(output)?.[1] ?? "of unknown version"}`;
  },

  tally(inside) {
    const reader = readers.get(inside) ?? readerOf(inside);
    readers.set(inside, reader);
    return reader();
  },
};

function readerOf(inside: ContainerInside): () => Promise<Tally> {
  return mosquittoTally(inside.bench, inside.main, counterAccount(inside.operator), inside);
}

async function files({ posture, devices, identities, random }: ContainerSetting): Promise<ContainerSetup["files"]> {
  const logins = [...mosquittoLogins(identities, posture), counterAccount(identities.operator)];
  const configuration = configurationOf({
    posture,
    bind: "0.0.0.0",
    port: mqtt,
    webSocketPort: webSocket,
    devices,
    passwords: paths.passwords,
    accessRules: paths.accessRules,
    persistence: { folder: disk.path },
    user: "mosquitto",
  });
  return [
    { path: paths.configuration, content: configuration },
    { path: paths.passwords, content: await passwordFile(logins, random), mode: 0o600 },
    { path: paths.accessRules, content: accessRules("operator", witnessName, counterName), mode: 0o600 },
  ];
}
