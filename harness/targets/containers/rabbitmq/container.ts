import { brokerAccounts } from "../broker-accounts.ts";
import type { ContainerRecipe, ContainerSetup } from "../container-recipe.ts";
import { configurationOf } from "./configuration.ts";
import { rabbitTally } from "./counters.ts";
import { definitionsOf } from "./definitions.ts";
import { rabbitLogKinds } from "./log-kinds.ts";

const folder = "/etc/seatrial";
const paths = {
  configuration: `${folder}/rabbitmq.conf`,
  definitions: `${folder}/definitions.json`,
  plugins: `${folder}/enabled_plugins`,
};
const [mqtt, webSocket, webSocketPath] = [1883, 15_675, "/ws"];
/** At rest it uses 130 MB, with each connection 0.2 MB more, and with 10,000 accounts 0.1 GB. */
const memoryBytes = 3 * 1024 ** 3;

const environment = {
  // Its data and its cookie belong to a node of this name; the host's name is another in each container.
  RABBITMQ_NODENAME: "rabbit@localhost",
  RABBITMQ_CONFIG_FILE: paths.configuration,
  // Of no file: the official image has defaults of its own that would win over ours.
  RABBITMQ_CONFIG_FILES: `${folder}/conf.d`,
  RABBITMQ_ENABLED_PLUGINS_FILE: paths.plugins,
  // Two schedulers, however many processors the machine has.
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 2:2 +SDcpu 2:2",
  ERL_CRASH_DUMP_BYTES: "0",
};

/** RabbitMQ with its plugins for MQTT and for MQTT over WebSocket; it knows neither MQTT 5 nor `$SYS`. */
export const rabbitmq: ContainerRecipe = {
  name: "rabbitmq",
  title: "RabbitMQ with its MQTT plugin in a container, with a weak or hardened configuration that seatrial writes",
  speaks: ["mqtt"],
  image: "seatrial/rabbitmq:3.10.8-debian12",
  protocolLevels: [3, 4],
  listeners: [
    { scheme: "mqtt", port: mqtt },
    { scheme: "ws", port: webSocket, path: webSocketPath },
  ],
  // It stops taking messages when less than 50 MB are free, which it looks at every ten seconds at the latest.
  disk: { path: "/var/lib/rabbitmq/mnesia", bytes: 192 * 1024 ** 2 },
  memoryBytes,
  // Its MQTT listeners answer before the accounts are there; this line comes after both.
  readyLog: /completed with \d+ plugins/,
  readyWithinMs: 120_000,
  logKinds: rabbitLogKinds,

  async configure({ posture, devices, identities, random }): Promise<ContainerSetup> {
    const accounts = brokerAccounts(identities);
    const configuration = configurationOf({
      posture,
      devices,
      definitions: paths.definitions,
      mqttPort: mqtt,
      webSocketPort: webSocket,
      webSocketPath,
      memoryBytes,
    });
    return {
      files: [
        { path: paths.configuration, content: configuration },
        { path: paths.definitions, content: definitionsOf({ posture, devices, accounts, random }) },
        { path: paths.plugins, content: "[rabbitmq_mqtt, rabbitmq_web_mqtt].\n" },
      ],
      command: ["rabbitmq-server"],
      environment,
    };
  },

  async product({ exec }) {
    const { output } = await exec(["rabbitmqctl", "version"]);
    return `rabbitmq ${/^\d+\.\d+\.\S+/m.exec(output)?.[0] ?? "of unknown version"}`;
  },

  tally: rabbitTally,
};
