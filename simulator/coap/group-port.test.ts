import { expect, it } from "vitest";
import { realClock } from "#testing/bench.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { isMulticastAddress, openGroupPort } from "./group-port.ts";

it.each([
  ["224.0.1.187", true],
  ["239.255.255.255", true],
  ["240.0.0.1", false],
  ["127.0.0.1", false],
  ["ff02::fd", true],
  ["FF05::fd", true],
  ["fe80::1", false],
])("knows of %s whether it is a group: %s", (host, expected) => {
  expect(isMulticastAddress(host)).toBe(expected);
});

it("hears what is sent to the group on loopback, and answers from the interface's address", async () => {
  const group = await openGroupPort({ host: "224.0.1.187", port: 0 });
  const sender = await openUdpPort({ host: "127.0.0.1", port: 0 });
  group.hear((bytes, from) => group.send(bytes, from));
  const answered = new Promise<string>((resolve) => {
    sender.hear((bytes, from) => resolve(`${bytes.toString()} from ${from.host}`));
  });
  sender.send(Buffer.from("anybody"), group.local);
  expect(await Promise.race([answered, realClock().sleep(2_000)])).toBe("anybody from 127.0.0.1");
  await Promise.all([group.close(), sender.close()]);
});
