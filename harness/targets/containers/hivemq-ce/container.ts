import { LabError } from "#contract/errors.ts";
import type { ContainerRecipe, ContainerSetup } from "../container-recipe.ts";
import { configurationOf } from "./configuration.ts";

const [mqtt, webSocket, webSocketPath] = [1883, 8000, "/mqtt"];

/**
 * HiveMQ CE, weak only: it knows passwords and access rules through extensions alone, and its image has but the one that
 * lets everybody in. Without that one it lets nobody in, which would be a target that resists because it is dead.
 */
export const hivemqCe: ContainerRecipe = {
  name: "hivemq-ce",
  title: "HiveMQ Community Edition in a container, as it comes: weak only",
  speaks: ["mqtt"],
  image: "hivemq/hivemq-ce:2025.5",
  unverified: "no run with this image has been seen; the configuration follows its manual",
  protocolLevels: [3, 4, 5],
  listeners: [
    { scheme: "mqtt", port: mqtt },
    { scheme: "ws", port: webSocket, path: webSocketPath },
  ],
  memoryBytes: 1024 ** 3,
  readyLog: /Started HiveMQ in/,
  readyWithinMs: 90_000,
  logKinds: [
    ["refused", /not authori[sz]ed|authentication failed/i],
    ["error", /\b(ERROR|FATAL)\b/],
  ],

  async configure({ posture }): Promise<ContainerSetup> {
    if (posture === "hardened") throw noExtension();
    return {
      files: [
        {
          path: "/opt/hivemq/conf/config.xml",
          content: configurationOf({ mqttPort: mqtt, webSocketPort: webSocket, webSocketPath }),
        },
      ],
      environment: { HIVEMQ_ALLOW_ALL_CLIENTS: "true", JAVA_OPTS: "-Xmx512m" },
    };
  },

  async product({ exec }) {
    // Its home is a link to a folder that bears the version.
    const { output } = await exec(["readlink", "-f", "/opt/hivemq"]);
    return `hivemq-ce ${/hivemq-ce-(\d\S*)/.exec(output)?.[1] ?? "of unknown version"}`;
  },
};

function noExtension(): LabError {
  return new LabError(
    "E_CAPABILITY_MISSING",
    "container:hivemq-ce: it cannot be hardened, because its image has no extension that knows passwords or access rules",
    "Take --posture weak, or start HiveMQ with its File RBAC extension yourself and give its address as --target.",
  );
}
