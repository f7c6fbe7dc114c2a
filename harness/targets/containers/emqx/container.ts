import { brokerAccounts } from "../broker-accounts.ts";
import type { ContainerRecipe, ContainerSetup } from "../container-recipe.ts";
import { closedAcl, openAcl } from "./acl.ts";
import { configurationOf } from "./configuration.ts";
import { usersFile } from "./users.ts";

const folder = "/opt/emqx/etc";
const paths = {
  configuration: `${folder}/emqx.conf`,
  users: `${folder}/seatrial-users.json`,
  acl: `${folder}/seatrial-acl.conf`,
};
const [mqtt, webSocket, webSocketPath] = [1883, 8083, "/mqtt"];
const cookieBytes = 16;

/** EMQX 5.8, the last series whose licence is open source. */
export const emqx: ContainerRecipe = {
  name: "emqx",
  title: "EMQX in a container, with a weak or hardened configuration that seatrial writes",
  speaks: ["mqtt"],
  image: "emqx/emqx:5.8.6",
  unverified: "no run with this image has been seen; the configuration follows its manual",
  protocolLevels: [3, 4, 5],
  listeners: [
    { scheme: "mqtt", port: mqtt },
    { scheme: "ws", port: webSocket, path: webSocketPath },
  ],
  memoryBytes: 2 * 1024 ** 3,
  readyLog: /is running now/,
  readyWithinMs: 90_000,
  logKinds: [
    ["refused", /not_authorized|bad_username_or_password|permission_deny|cannot_publish/],
    ["limit", /max_connections|max_mqueue|oom_policy|high_watermark/],
    ["error", /\[(error|critical|alert)\]/],
  ],

  async configure({ posture, devices, identities, random }): Promise<ContainerSetup> {
    const accounts = brokerAccounts(identities);
    const ports = { mqttPort: mqtt, webSocketPort: webSocket, webSocketPath };
    const cookie = random.hex(cookieBytes);
    const configuration = configurationOf({ posture, devices, cookie, ...ports, users: paths.users, acl: paths.acl });
    return {
      files: [
        { path: paths.configuration, content: configuration },
        { path: paths.acl, content: posture === "weak" ? openAcl : closedAcl(accounts) },
        ...(posture === "weak" ? [] : [{ path: paths.users, content: usersFile(accounts, random) }]),
      ],
      // A name that is the same after each start, since the data of the node belongs to it.
      environment: { EMQX_NAME: "emqx", EMQX_HOST: "127.0.0.1", EMQX_DEFAULT_LOG_HANDLER: "console" },
    };
  },

  async product({ exec }) {
    const { output } = await exec(["/opt/emqx/bin/emqx", "ctl", "status"]);
    return `emqx ${/(\d+\.\d+\.\d+\S*) is running/.exec(output)?.[1] ?? "of unknown version"}`;
  },
};
