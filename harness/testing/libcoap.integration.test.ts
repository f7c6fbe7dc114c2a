import { expect, it } from "vitest";
import { codeText } from "#simulator/coap/code.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { benchOf, loopback, realClock } from "./bench.ts";
import { type LibcoapServer, startLibcoap } from "./libcoap.ts";

it.each<[LibcoapServer, readonly string[]]>([
  ["coap-server-notls", ["-d", "10"]],
  ["coap-server-openssl", ["-k", "secretPSK"]],
  ["coap-rd-notls", []],
])("%s answers once it is started, and is gone once it is disposed of", async (program, args) => {
  const server = await startLibcoap({ program, args });
  const bench = benchOf([], { clock: realClock() });
  await using probe = await openProbe(bench, loopback(server.port, "coap"));
  const answer = await probe.ask({ code: 1, options: pathOptions(".well-known/core") }, 1_000);
  expect(answer && codeText(answer.code)).toBe("2.05");
  expect(server.isRunning).toBe(true);
  await server[Symbol.asyncDispose]();
  expect(server.isRunning).toBe(false);
  expect(await probe.ask({ code: 1, options: pathOptions("") }, 200)).toBeUndefined();
});

it("says why where the program does not start", async () => {
  await expect(startLibcoap({ program: "coap-server-notls", args: ["-Z"] })).rejects.toThrow(
    /Usage|usage|invalid option/,
  );
});
