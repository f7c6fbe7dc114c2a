import type { JsonObject } from "#contract/observation.ts";
import type { Message } from "./session.ts";

/** What `$SYS` tells a stranger. */
export interface SystemTopicLeaks extends JsonObject {
  /** Messages below `$SYS`. */
  readonly messages: number;
  /** Topics that name the exact version of the broker. */
  readonly versions: readonly string[];
  /** Client ids of others that appear. */
  readonly clientIds: readonly string[];
  /** Network addresses that appear. */
  readonly addresses: readonly string[];
}

/** So many of each kind are kept as examples. */
const mostExamples = 5;
const exactVersion = /\d+\.\d+\.\d+/;
const ipv4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g;

/** Looks through messages for what `$SYS` gives away; counters are no leak. */
export function leaksIn(messages: readonly Message[], othersIds: readonly string[]): SystemTopicLeaks {
  const system = messages.filter(({ topic }) => topic.startsWith("$SYS"));
  const texts = system.map(({ topic, payload }) => `${topic} ${payload}`);
  const versions = system.filter(({ topic, payload }) => /version/i.test(topic) && exactVersion.test(payload));
  return {
    messages: system.length,
    versions: examples(versions.map(({ topic }) => topic)),
    clientIds: examples(othersIds.filter((clientId) => texts.some((text) => mentions(text, clientId)))),
    addresses: examples(texts.flatMap((text) => text.match(ipv4) ?? [])),
  };
}

/** Whether the text holds this id as a word of its own. */
function mentions(text: string, clientId: string): boolean {
  if (clientId === "") return false;
  for (let at = text.indexOf(clientId); at >= 0; at = text.indexOf(clientId, at + 1)) {
    const around = [text.at(at - 1 < 0 ? text.length : at - 1), text[at + clientId.length]];
    if (around.every((one) => one === undefined || !/[\w-]/.test(one))) return true;
  }
  return false;
}

function examples(found: readonly string[]): readonly string[] {
  return [...new Set(found)].slice(0, mostExamples);
}
