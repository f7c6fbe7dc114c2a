import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, it } from "vitest";
import { freePortPair, isFreeForUdp } from "./free-port-pair.ts";

it("finds a port that can be used, and the one above it", async () => {
  const port = await freePortPair();
  for (const each of [port, port + 1]) {
    const socket = createSocket("udp4").bind(each, "127.0.0.1");
    await once(socket, "listening");
    expect(await isFreeForUdp(each)).toBe(false);
    socket.close();
  }
});
