import { expect, it } from "vitest";
import { metricsAddress } from "./metrics-address.ts";

it.each([
  ["9464", "127.0.0.1", 9464],
  ["127.0.0.1:9464", "127.0.0.1", 9464],
  ["localhost:80", "127.0.0.1", 80],
  ["0.0.0.0:9464", "0.0.0.0", 9464],
  ["[::1]:9464", "::1", 9464],
  ["127.0.0.1:0", "127.0.0.1", 0],
])("reads %s", (text, host, port) => {
  expect(metricsAddress(text)).toEqual({ host, port });
});

it.each([
  "",
  ":9464",
  "127.0.0.1",
  "127.0.0.1:",
  "127.0.0.1:99999",
  "broker:9464",
  "::1:9464",
  "[127.0.0.1]:1",
  "1:2:3",
])("refuses %j with an example", (text) => {
  expect(() => metricsAddress(text)).toThrow(
    expect.objectContaining({ code: "E_USAGE", hint: expect.stringContaining("127.0.0.1:9464") }),
  );
});
