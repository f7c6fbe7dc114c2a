import type { Posture } from "#contract/target.ts";

/** What a configuration depends on. */
export interface Setting {
  readonly posture: Posture;
  /** All interfaces only inside a container, whose ports are published on loopback alone. */
  readonly bind: "127.0.0.1" | "0.0.0.0";
  readonly port: number;
  /** A second listener, for MQTT over WebSocket; none where absent. */
  readonly webSocketPort?: number;
  /** Devices of the fleet, and clients of the loads. */
  readonly devices: number;
  /** Full paths. */
  readonly passwords: string;
  readonly accessRules: string;
  /** Where sessions, queued and retained messages outlive a restart; kept in memory alone where absent. */
  readonly persistence?: { readonly folder: string };
  /** Who runs the broker. Started as root it would change to `mosquitto`, who may not read our files. */
  readonly user: string;
}

/** Room for the operator, the attack identities and a flood, beside the fleet. */
const spareConnections = 150;

/** Short, so that a disk that is full shows while a run lasts. */
const saveEveryS = 5;

const logLines = ["log_dest stderr", "log_timestamp false", "log_type error", "log_type warning", "log_type notice"];

/** Counters below `$SYS` come as often as they can, which is every two seconds; without this every ten. */
const systemLines = ["sys_interval 1"];

/** The whole `mosquitto.conf` for a posture. */
export function configurationOf(setting: Setting): string {
  const own = setting.posture === "weak" ? weak(setting) : hardened(setting);
  return [`user ${setting.user}`, ...persistenceLines(setting), ...logLines, ...systemLines, ...own, ""].join("\n");
}

/** As tutorials leave it: anybody may do anything, and the factory account is still there. */
function weak(setting: Setting): readonly string[] {
  return ["allow_anonymous true", `password_file ${setting.passwords}`, ...listeners(setting, [])];
}

/** Everything that Mosquitto 2.0 can be told to limit. */
function hardened(setting: Setting): readonly string[] {
  return [
    "allow_anonymous false",
    `password_file ${setting.passwords}`,
    `acl_file ${setting.accessRules}`,
    "max_packet_size 16384",
    "message_size_limit 16384",
    "max_keepalive 600",
    "max_inflight_messages 20",
    "max_queued_messages 100",
    ...listeners(setting, [`max_connections ${setting.devices + spareConnections}`, "use_username_as_clientid true"]),
  ];
}

/** Each listener with the same limits: Mosquitto 2.0 applies these to the `listener` line above them alone. */
function listeners({ bind, port, webSocketPort }: Setting, limits: readonly string[]): readonly string[] {
  const plain = [`listener ${port} ${bind}`, ...limits];
  if (webSocketPort === undefined) return plain;
  return [...plain, `listener ${webSocketPort} ${bind}`, "protocol websockets", ...limits];
}

function persistenceLines({ persistence }: Setting): readonly string[] {
  if (persistence === undefined) return ["persistence false"];
  const folder = persistence.folder.endsWith("/") ? persistence.folder : `${persistence.folder}/`;
  return ["persistence true", `persistence_location ${folder}`, `autosave_interval ${saveEveryS}`];
}
