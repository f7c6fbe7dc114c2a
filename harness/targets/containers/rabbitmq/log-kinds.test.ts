import { expect, it } from "vitest";
import { rabbitLogKinds } from "./log-kinds.ts";

it.each([
  ["connected", "[info] <0.1.0> accepting MQTT connection <0.1.0> (a -> b, client id: victim)"],
  ["connected", "[info] <0.1.0> accepting Web MQTT connection <0.1.0> (a -> b)"],
  ["closed", "[info] <0.1.0> closing MQTT connection <0.1.0> (a -> b)"],
  ["closed", '[info] <0.1.0> MQTT connection "a -> b" will terminate because peer closed TCP connection'],
  ["refused", "[error] <0.1.0> MQTT login failed for user 'guest', authentication failed: Refused"],
  ["refused", "[error] <0.1.0> MQTT connection a -> b is closing due to an authorization failure"],
  ["refused", "[error] <0.1.0> MQTT protocol error on connection a -> b: access_refused"],
  ["limit", "[error] <0.1.0> access refused for user 'd1': user connection limit (5) is reached"],
  ["limit", "[error] <0.1.0> precondition_failed: message size 17000 is larger than configured max size 16384"],
  ["limit", "[warning] <0.1.0> memory resource limit alarm set on node rabbit@localhost."],
  ["timeout", '[error] <0.1.0> closing MQTT connection "a -> b" (login timeout)'],
  ["protocol", "[error] <0.1.0> MQTT detected a framing error on connection a -> b: {}"],
  ["error", "[error] <0.1.0>   crasher:"],
  [undefined, "[warning] <0.1.0> client call timeout was 70000 ms, is updated to a safe effective value"],
])("counts as %s: %s", (kind, line) => {
  expect(rabbitLogKinds.find(([, sign]) => sign.test(line))?.[0]).toBe(kind);
});
