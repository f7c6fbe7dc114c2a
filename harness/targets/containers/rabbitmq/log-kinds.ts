import type { LogKind } from "../../log/log-tail.ts";

/** What the lines of RabbitMQ's log are about; the first that matches counts. Its own word for most of them is error. */
export const rabbitLogKinds: readonly LogKind[] = [
  ["limit", /resource limit alarm|limit \(\d+\) is reached|larger than configured max size/],
  ["refused", /login failed|access_refused|authentication failure|authorization failure/],
  ["connected", /accepting (Web )?MQTT connection/],
  ["timeout", /\((keepalive|login) timeout\)/],
  ["protocol", /protocol error|framing error|cannot parse|cannot accept|network error/],
  ["closed", /closing (Web )?MQTT connection|peer closed TCP connection|disconnecting client/],
  ["error", /\[(error|critical)\]/],
];
