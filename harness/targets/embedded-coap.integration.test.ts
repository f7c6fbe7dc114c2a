import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningTarget } from "#contract/target.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { embeddedCoap } from "./embedded-coap.ts";

const run = promisify(execFile);

let target: RunningTarget;
beforeAll(async () => {
  const bench = benchOf([], { clock: realClock(), actor: "target:embedded-coap" });
  target = await embeddedCoap.start(bench, async ({ scheme, port }) => loopback(port, scheme), {
    posture: "hardened",
    knobs: {},
    devices: 1,
    lease: () => {},
    environment: {},
  });
});
afterAll(() => target[Symbol.asyncDispose]());

/** What a client of libcoap prints on standard output: the payload, or the code of an error on standard error. */
async function libcoap(program: string, uri: string, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(program, [...args, "-B", "3", uri], { timeout: 10_000 });
  return `${stdout}${stderr}`.trim();
}

const at = (scheme: "coap" | "coaps" | "coap+tcp", path: string) =>
  `${scheme}://127.0.0.1:${target.address(scheme)?.port}/${path}`;
const keyOf = (who: "operator" | "victim") => ["-u", who, "-k", target.identities[who]?.password ?? ""];

describe("the clients of libcoap", () => {
  it.each(["coap", "coap+tcp"] as const)("are served what is public by %s, and refused the rest", async (scheme) => {
    expect(await libcoap("coap-client-notls", at(scheme, ".well-known/core"))).toContain("</info>");
    expect((await libcoap("coap-client-notls", at(scheme, "log"))).length).toBeGreaterThan(2_000);
    expect(await libcoap("coap-client-notls", at(scheme, "config"))).toContain("4.01");
    expect(
      await libcoap("coap-client-notls", at(scheme, "devices/victim/command"), "-m", "put", "-e", "open"),
    ).toContain("4.01");
  });

  it.each(["coap-client-openssl", "coap-client-gnutls"])("are served by coaps with their key: %s", async (program) => {
    const { actuator = "", upload = "", counter = "" } = target.resources ?? {};
    const operator = (path: string, ...args: readonly string[]) =>
      libcoap(program, at("coaps", path), ...keyOf("operator"), ...args);
    expect(await operator("config")).toContain("pumping station 4");
    await operator(actuator, "-m", "put", "-e", program);
    expect(await libcoap(program, at("coaps", actuator), ...keyOf("victim"))).toBe(program);
    const body = "0123456789".repeat(400);
    await operator(upload, "-m", "put", "-e", body);
    expect(await operator(upload)).toBe(body);
    const before = Number(await operator(counter));
    await operator(counter, "-m", "post");
    expect(Number(await operator(counter))).toBe(before + 1);
  });

  it.each(["coap-client-openssl", "coap-client-gnutls"])("get nothing with a wrong key: %s", async (program) => {
    const said = await libcoap(program, at("coaps", "info"), "-u", "operator", "-k", "not-the-secret").catch(String);
    expect(said).not.toContain("seatrial device server");
  });

  it("observe what changes", async () => {
    const said = await libcoap("coap-client-notls", at("coap", "time"), "-s", "3");
    // Each state is printed right behind the one before.
    expect(said).toMatch(/^\d{2,}$/);
  });
});
