import type { Posture } from "#contract/target.ts";

/** What a configuration depends on. */
export interface ConfigurationSetting {
  readonly posture: Posture;
  readonly devices: number;
  /** Joins nodes to one another; whoever knows it commands this one. */
  readonly cookie: string;
  readonly mqttPort: number;
  readonly webSocketPort: number;
  readonly webSocketPath: string;
  /** Full paths. */
  readonly users: string;
  readonly acl: string;
}

/** Room for the operator, the attack identities and a flood, beside the fleet. */
const spareConnections = 150;

/** The whole `emqx.conf` for a posture. */
export function configurationOf(setting: ConfigurationSetting): string {
  const { posture, devices, cookie, mqttPort, webSocketPort, webSocketPath } = setting;
  const limit = posture === "hardened" ? [`max_connections = ${devices + spareConnections}`] : [];
  return [
    block("node", ['name = "emqx@127.0.0.1"', `cookie = ${JSON.stringify(cookie)}`, 'data_dir = "data"']),
    block("log.console", ["enable = true", 'level = "warning"']),
    block("listeners.tcp.default", [`bind = "0.0.0.0:${mqttPort}"`, ...limit]),
    block("listeners.ws.default", [
      `bind = "0.0.0.0:${webSocketPort}"`,
      `websocket.mqtt_path = ${JSON.stringify(webSocketPath)}`,
      ...limit,
    ]),
    "listeners.ssl.default.enable = false",
    "listeners.wss.default.enable = false",
    ...(posture === "weak" ? weak : hardened)(setting),
    "",
  ].join("\n");
}

/** As it comes: who is not asked for a password is let in, whatever they send, and may do everything. */
function weak({ acl }: ConfigurationSetting): readonly string[] {
  return ["authentication = []", authorization("allow", "ignore", acl)];
}

/** What the manual of EMQX 5.8 offers to limit. */
function hardened({ users, acl }: ConfigurationSetting): readonly string[] {
  const database = [
    'mechanism = "password_based"',
    'backend = "built_in_database"',
    'user_id_type = "username"',
    'password_hash_algorithm { name = "sha256", salt_position = "suffix" }',
    `bootstrap_file = ${JSON.stringify(users)}`,
    'bootstrap_type = "hash"',
  ];
  return [
    ["authentication = [{", ...database.map(indented), "}]"].join("\n"),
    authorization("deny", "disconnect", acl),
    block("mqtt", [
      'idle_timeout = "5s"',
      'max_packet_size = "20KB"',
      "max_topic_levels = 16",
      "max_subscriptions = 64",
      "max_inflight = 20",
      "max_mqueue_len = 1000",
      "max_awaiting_rel = 100",
      'session_expiry_interval = "1h"',
      "use_username_as_clientid = true",
    ]),
    // Its port is published to nobody, yet its first login is known to everybody.
    "dashboard.listeners.http.bind = 0",
  ];
}

function authorization(noMatch: "allow" | "deny", denyAction: "ignore" | "disconnect", acl: string): string {
  return block("authorization", [
    `no_match = ${noMatch}`,
    `deny_action = ${denyAction}`,
    `sources = [{ type = file, enable = true, path = ${JSON.stringify(acl)} }]`,
  ]);
}

function block(name: string, lines: readonly string[]): string {
  return [`${name} {`, ...lines.map(indented), "}"].join("\n");
}

const indented = (line: string): string => `  ${line}`;
