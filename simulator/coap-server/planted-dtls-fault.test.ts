import { describe, expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { startTestDeviceServer } from "#testing/device-server.ts";
import { helloDatagrams, rawHello } from "../dtls/raw-hello.ts";
import { contentType, writeRecord } from "../dtls/record.ts";
import { dtlsVersion } from "../dtls/version.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { PlantedDtlsFault } from "./planted-dtls-fault.ts";

const peer = { host: "127.0.0.1", port: 7 };
const [half = Buffer.alloc(0)] = helloDatagrams(rawHello(randomOf(1)), { fragmentBytes: 20 });
const [whole = Buffer.alloc(0)] = helloDatagrams(rawHello(randomOf(1)));
const goodbye = writeRecord(
  { type: contentType.alert, version: dtlsVersion["1.2"], epoch: 0, sequence: 1 },
  Buffer.of(1, 0),
);

describe("the planted fault in the handshake", () => {
  it.each([
    ["half a hello and an alert", [half, goodbye], [false, true]],
    ["a whole hello and an alert", [whole, goodbye], [false, false]],
    ["an alert and half a hello", [goodbye, half], [false, false]],
  ])("comes, or does not, with %s", (_, datagrams, struck) => {
    const fault = new PlantedDtlsFault();
    expect(datagrams.map((datagram) => fault.sees(datagram, peer))).toEqual(struck);
  });

  it("does not come with what two endpoints send", () => {
    const fault = new PlantedDtlsFault();
    fault.sees(half, peer);
    expect(fault.sees(goodbye, { ...peer, port: 8 })).toBe(false);
  });

  it("ends the server, which is started again", async () => {
    await using test = await startTestDeviceServer("hardened", { plantedFault: "dtls-crash" });
    const to = { host: "127.0.0.1", port: test.server.ports.get("coaps") ?? 0 };
    const socket = await openUdpPort({ host: "127.0.0.1", port: 0 });
    socket.send(half, to);
    socket.send(goodbye, to);
    await expect.poll(() => test.history.some(({ action }) => action === "server.up")).toBe(true);
    await socket.close();
    await using operator = await test.as("operator");
    expect(await operator.code("info")).toBe("2.05");
  });
});
