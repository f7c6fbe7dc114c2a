import type { Posture } from "#contract/target.ts";

/** What a configuration depends on. */
export interface Setting {
  readonly posture: Posture;
  readonly port: number;
  /** Devices of the fleet. */
  readonly devices: number;
  /** Full paths. */
  readonly passwords: string;
  readonly accessRules: string;
  /** Who runs the broker. Started as root it would change to `mosquitto`, who may not read our files. */
  readonly user: string;
}

/** Room for the operator, the attack identities and a flood, beside the fleet. */
const spareConnections = 150;

const logLines = ["log_dest stderr", "log_timestamp false", "log_type error", "log_type warning", "log_type notice"];

/** The whole `mosquitto.conf` for a posture. */
export function configurationOf(setting: Setting): string {
  const own = setting.posture === "weak" ? weak(setting) : hardened(setting);
  return [`user ${setting.user}`, "persistence false", ...logLines, ...own, ""].join("\n");
}

/** As tutorials leave it: anybody may do anything, and the factory account is still there. */
function weak({ port, passwords }: Setting): readonly string[] {
  return [`listener ${port} 127.0.0.1`, "allow_anonymous true", `password_file ${passwords}`];
}

/** Everything that Mosquitto 2.0 can be told to limit. */
function hardened({ port, devices, passwords, accessRules }: Setting): readonly string[] {
  return [
    "allow_anonymous false",
    `password_file ${passwords}`,
    `acl_file ${accessRules}`,
    "max_packet_size 16384",
    "message_size_limit 16384",
    "max_keepalive 600",
    "max_inflight_messages 20",
    "max_queued_messages 100",
    `listener ${port} 127.0.0.1`,
    `max_connections ${devices + spareConnections}`,
    "use_username_as_clientid true",
  ];
}
