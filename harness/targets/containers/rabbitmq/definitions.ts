import type { Random } from "#contract/bench.ts";
import type { Posture } from "#contract/target.ts";
import { type BrokerAccount, ownTopics } from "../broker-accounts.ts";
import { passwordHash } from "./password-hash.ts";

const vhost = "/";
/** The exchange that all MQTT messages pass. */
const exchange = "amq.topic";

/** Room for the operator, the attack identities and a flood, beside the fleet. */
export const spareConnections = 150;

/** A device needs one; a second is there while its lost link has not been noticed. */
const connectionsOfDevice = 5;

/** Messages that wait for a client; those that came first are thrown away. */
const waitingMessages = 10_000;

/** What definitions depend on. */
export interface DefinitionSetting {
  readonly posture: Posture;
  readonly devices: number;
  readonly accounts: readonly BrokerAccount[];
  readonly random: Random;
}

/** The whole `definitions.json` for a posture; without it RabbitMQ would make guest/guest, and nobody else. */
export function definitionsOf(setting: DefinitionSetting): string {
  return JSON.stringify({ vhosts: [{ name: vhost }], ...(setting.posture === "weak" ? weak : hardened)(setting) });
}

/** Everybody is administrator of everything, guest and admin with passwords that everybody knows. */
function weak({ accounts, random }: DefinitionSetting): object {
  const known = ["guest", "admin"].map((name): BrokerAccount => ({ username: name, password: name, may: "all" }));
  const all = [...known, ...accounts];
  return {
    users: all.map((account) => ({ ...userOf(account, random), tags: ["administrator"] })),
    permissions: all.map(({ username }) => permission(username, ".*", ".*", ".*")),
  };
}

function hardened({ accounts, devices, random }: DefinitionSetting): object {
  return {
    users: accounts.map((account) => ({
      ...userOf(account, random),
      tags: [],
      ...(account.may === "own" && { limits: { "max-connections": connectionsOfDevice } }),
    })),
    permissions: accounts.map(permissionOf),
    // RabbitMQ allows every topic to an account that has no entry here.
    topic_permissions: accounts.map(topicPermissionOf),
    parameters: [
      { component: "vhost-limits", name: "limits", vhost, value: { "max-connections": devices + spareConnections } },
    ],
    policies: [
      {
        vhost,
        name: "bounded",
        pattern: "^mqtt-subscription-",
        "apply-to": "queues",
        priority: 0,
        definition: { "max-length": waitingMessages, overflow: "drop-head" },
      },
    ],
  };
}

function userOf({ username, password }: BrokerAccount, random: Random): object {
  return {
    name: username,
    password_hash: passwordHash(password, random),
    hashing_algorithm: "rabbit_password_hashing_sha256",
  };
}

/**
 * Each client has queues named after its client id. That a device may touch only those of its own binds the client id to
 * the account as far as RabbitMQ can: another's session can be ended with it, but neither read nor taken over.
 */
function permissionOf({ username, may }: BrokerAccount): object {
  if (may === "all") return permission(username, ".*", ".*", ".*");
  // A subscription is a binding, and who binds needs to write to the queue and to read the exchange.
  const queues = may === "read all" ? "mqtt-subscription-.*" : `mqtt-subscription-${literal(username)}qos[01]`;
  const both = `^(${literal(exchange)}|${queues})$`;
  return permission(username, `^${queues}$`, may === "own" ? both : `^${queues}$`, both);
}

function topicPermissionOf({ username, may }: BrokerAccount): object {
  // The plugin turns `/` into `.` before it asks.
  const own = `^${literal(ownTopics(username).replaceAll("/", "."))}`;
  const [write, read] = { all: [".*", ".*"], "read all": ["", ".*"], own: [own, own] }[may];
  return { user: username, vhost, exchange, write, read };
}

function permission(user: string, configure: string, write: string, read: string): object {
  return { user, vhost, configure, write, read };
}

/** Text as a regular expression that matches just it. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}
