import { expect, it } from "vitest";
import { openLocalPort } from "./local-port.ts";

it("gives each of many its own address towards loopback, so that a server can tell them apart", async () => {
  await using stack = new AsyncDisposableStack();
  const hosts: string[] = [];
  for (const index of [0, 1, 255, 65_535]) {
    const port = stack.adopt(await openLocalPort(index, "127.0.0.1"), (each) => each.close());
    hosts.push(port.local.host);
  }
  expect(hosts).toEqual(["127.64.0.1", "127.64.0.2", "127.64.1.0", "127.65.0.0"]);
});
