import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Evidence } from "./evidence.ts";

let run = "";
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), "seatrial-evidence-"));
});
afterEach(() => rmSync(run, { recursive: true }));

const tshark = (...args: string[]) =>
  execFileSync("tshark", ["-r", join(run, "evidence/mqtt.test.pcapng"), ...args], { encoding: "utf8" });

function capture(host: string): void {
  let now = 1_700_000_000_000_000n;
  using evidence = new Evidence(
    run,
    () => (now += 1_000n),
    (error) => expect.fail(error.message),
  );
  const wire = evidence.wireFor("attack:mqtt.test");
  for (let stream = 0; stream < 2; stream++) {
    const seen = wire.open({ local: { host, port: 40_000 + stream }, remote: { host, port: 1883 } });
    expect(seen.reference).toEqual({ file: "evidence/mqtt.test.pcapng", stream });
    seen.sent(Buffer.from("101000044d5154540402003c00047365610a", "hex").subarray(0, 18));
    seen.received(Buffer.from("20020005", "hex"));
    seen.closed(stream === 0 ? "fin" : "reset", "them");
  }
}

it.each(["127.0.0.1", "::1"])("is a capture in which tshark finds the MQTT packets of each connection (%s)", (host) => {
  capture(host);
  expect(tshark("-T", "fields", "-e", "tcp.stream", "-e", "mqtt.msgtype", "-Y", "mqtt").trim().split("\n")).toEqual([
    "0\t1",
    "0\t2",
    "1\t1",
    "1\t2",
  ]);
  expect(tshark("-Y", "tcp.flags.reset == 1", "-T", "fields", "-e", "tcp.stream").trim()).toBe("1");
});

it("has right checksums and no complaint of the dissector", () => {
  capture("127.0.0.1");
  const bad = tshark(
    "-o",
    "tcp.check_checksum:TRUE",
    "-o",
    "ip.check_checksum:TRUE",
    "-Y",
    "tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed || tcp.analysis.lost_segment",
  );
  expect(bad).toBe("");
});

it("holds datagrams as well, in which tshark finds the CoAP messages of each conversation, with right checksums", () => {
  let now = 1_700_000_000_000_000n;
  {
    using evidence = new Evidence(
      run,
      () => (now += 1_000n),
      (error) => expect.fail(error.message),
    );
    const wire = evidence.wireFor("attack:mqtt.test");
    for (const [stream, host] of ["127.0.0.1", "::1"].entries()) {
      const seen = wire.open({ local: { host, port: 40_000 }, remote: { host, port: 5683 }, over: "udp" });
      expect(seen.reference).toEqual({ file: "evidence/mqtt.test.pcapng", stream, over: "udp" });
      seen.sent(Buffer.from("40011234", "hex"));
      seen.received(Buffer.from("60451234ff6f6b", "hex"));
    }
  }
  const checked = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
  const fields = ["-T", "fields", "-e", "udp.stream", "-e", "coap.code", "-e", "udp.checksum.status"];
  expect(
    tshark(...checked, ...fields)
      .trim()
      .split("\n"),
  ).toEqual(["0\t1\t1", "0\t69\t1", "1\t1\t1", "1\t69\t1"]);
});
