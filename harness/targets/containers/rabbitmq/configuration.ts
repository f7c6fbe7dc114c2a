import type { Posture } from "#contract/target.ts";
import { spareConnections } from "./definitions.ts";

/** What a configuration depends on. */
export interface ConfigurationSetting {
  readonly posture: Posture;
  readonly devices: number;
  /** Full path of the definitions. */
  readonly definitions: string;
  readonly mqttPort: number;
  readonly webSocketPort: number;
  readonly webSocketPath: string;
  /** What the container has. */
  readonly memoryBytes: number;
}

/** Largest payload; the largest frame has room for its header, too. */
const payloadBytes = 16_384;
const frameBytes = 20_480;
/** Publishers are held back from here on. */
const shareOfMemory = 0.8;
const diskFree = "50MB";

/** The whole `rabbitmq.conf` for a posture. */
export function configurationOf(setting: ConfigurationSetting): string {
  const { definitions, mqttPort, webSocketPort, webSocketPath } = setting;
  return [
    `load_definitions = ${definitions}`,
    `mqtt.listeners.tcp.default = 0.0.0.0:${mqttPort}`,
    "mqtt.listeners.ssl = none",
    `web_mqtt.tcp.port = ${webSocketPort}`,
    `web_mqtt.ws_path = ${webSocketPath}`,
    "mqtt.vhost = /",
    "mqtt.exchange = amq.topic",
    "log.console = true",
    "log.console.use_colors = off",
    "log.file = false",
    // Definitions bring three lines for each account, so many that RabbitMQ throws lines away, others among them.
    "log.default.level = warning",
    "log.connection.level = info",
    // What Docker says of memory differs between its versions; what RabbitMQ makes of it should not.
    `total_memory_available_override_value = ${setting.memoryBytes}`,
    `disk_free_limit.absolute = ${diskFree}`,
    ...(setting.posture === "weak" ? weak : hardened)(setting),
    "",
  ].join("\n");
}

/** As tutorials leave it: anybody is guest, and guest may come from anywhere. */
function weak(): readonly string[] {
  return [
    "mqtt.allow_anonymous = true",
    "mqtt.default_user = guest",
    "mqtt.default_pass = guest",
    "loopback_users = none",
  ];
}

/** Everything that RabbitMQ 3.10 can be told to limit, beside what the definitions say. */
function hardened({ devices, memoryBytes }: ConfigurationSetting): readonly string[] {
  return [
    "mqtt.allow_anonymous = false",
    "loopback_users.guest = true",
    // Nobody speaks AMQP to a broker of devices.
    "listeners.tcp = none",
    "handshake_timeout = 5000",
    "heartbeat = 30",
    "frame_max = 131072",
    "channel_max = 16",
    // Milliseconds from the connection to the CONNECT.
    "mqtt.login_timeout = 5000",
    "mqtt.subscription_ttl = 3600000",
    "mqtt.prefetch = 10",
    `max_message_size = ${payloadBytes}`,
    `web_mqtt.max_connections = ${devices + spareConnections}`,
    `web_mqtt.ws_opts.max_frame_size = ${frameBytes}`,
    "web_mqtt.cowboy_opts.max_keepalive = 10",
    `vm_memory_high_watermark.absolute = ${Math.floor(memoryBytes * shareOfMemory)}`,
  ];
}
