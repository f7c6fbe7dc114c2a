import type { Posture } from "#contract/target.ts";
import { type BrokerAccount, ownTopics } from "../broker-accounts.ts";

/** What a configuration depends on. */
export interface ConfigurationSetting {
  readonly posture: Posture;
  readonly mqttPort: number;
  readonly webSocketPort: number;
  readonly webSocketPath: string;
  /** Full paths. */
  readonly passwords: string;
  readonly acl: string;
}

/** Users that the package comes with. */
const shipped = [
  { username: "admin", password: "public" },
  { username: "client", password: "public" },
];

/** The whole `nanomq.conf` for a posture. It has no limit on connections, and no way to bind a client id to an account. */
export function configurationOf(setting: ConfigurationSetting): string {
  const { posture, mqttPort, webSocketPort, webSocketPath, passwords, acl } = setting;
  return [
    ...(posture === "weak" ? [] : hardenedMqtt),
    `listeners.tcp { bind = "0.0.0.0:${mqttPort}" }`,
    `listeners.ws { bind = "0.0.0.0:${webSocketPort}${webSocketPath}" }`,
    "log { to = [console], level = warn }",
    "auth {",
    ...access[posture].map((line) => `  ${line}`),
    `  password = {include ${JSON.stringify(passwords)}}`,
    `  acl = {include ${JSON.stringify(acl)}}`,
    "}",
    "",
  ].join("\n");
}

const hardenedMqtt = ["mqtt {", "  max_packet_size = 20KB", "  max_mqueue_len = 1000", "  retry_interval = 10s", "}"];

/** What it does with who has no name, and with what no rule is about; weak is as it comes. */
const access = {
  weak: ["allow_anonymous = true", "no_match = allow", "deny_action = ignore"],
  hardened: ["allow_anonymous = false", "no_match = deny", "deny_action = disconnect"],
} as const;

/** The password file: names and passwords as they are, because NanoMQ knows no hashes. */
export function passwordsOf(posture: Posture, accounts: readonly BrokerAccount[]): string {
  const all = posture === "weak" ? [...shipped, ...accounts] : accounts;
  return all.map(({ username, password }) => `${JSON.stringify(username)}: ${JSON.stringify(password)}\n`).join("");
}

/** The access list, from top to bottom; what no rule allows falls to the last. */
export function aclOf(posture: Posture, accounts: readonly BrokerAccount[]): string {
  const rules = posture === "weak" ? [{ permit: "allow" }] : closedRules(accounts);
  return ["rules = [", ...rules.map((rule) => `  ${JSON.stringify(rule)}`), "]", ""].join("\n");
}

function closedRules(accounts: readonly BrokerAccount[]): readonly object[] {
  const named = (may: BrokerAccount["may"], action: "pubsub" | "subscribe", topics: readonly string[]) =>
    accounts
      .filter((account) => account.may === may)
      .map(({ username }) => ({ permit: "allow", username, action, topics }));
  return [
    ...named("all", "pubsub", ["#", "$SYS/#"]),
    ...named("read all", "subscribe", ["#"]),
    // `#` stands for every user; NanoMQ puts in the name itself.
    { permit: "allow", username: "#", action: "pubsub", topics: [`${ownTopics("${username}")}#`] },
    { permit: "deny" },
  ];
}
