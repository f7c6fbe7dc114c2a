import { execFile } from "node:child_process";
import { type CoapClientKnobs, openCoapClient } from "#simulator/coap/client.ts";
import { code } from "#simulator/coap/code.ts";
import { contentFormat, option, optionNumber } from "#simulator/coap/option.ts";
import { startCoapServer } from "#simulator/coap/server.ts";
import { hardenedServer } from "#simulator/coap/server-knobs.ts";
import type { CoapHandler, CoapServerKnobs } from "#simulator/coap/serving.ts";
import { startDtlsServer } from "#simulator/dtls/dtls-server.ts";
import { hardenedDtls } from "#simulator/dtls/server-knobs.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { randomOf, realClock } from "./bench.ts";

/** The identity and the key that a secure {@link serveOnLoopback} knows. */
export const loopbackSecret = { identity: "lamp", key: "a key of the lamp" } as const;

const keyOf = (identity: string) =>
  identity === loopbackSecret.identity ? Buffer.from(loopbackSecret.key) : undefined;

const links = '</info>;rt="info",</time>;obs,</body>,</slow>,</count>';

/**
 * Our server on a free port of 127.0.0.1, for programs that are not ours: `info`, `time` (which ticks), `body` (kept as
 * it was put), `slow` (answered separately), `count` (POST adds one), `forbidden`.
 */
export async function serveOnLoopback(
  given: Partial<CoapServerKnobs> & { readonly secure?: true } = {},
): Promise<{ readonly port: number; readonly calls: readonly string[] } & AsyncDisposable> {
  const { secure, ...knobs } = given;
  const bench = { clock: realClock(), random: randomOf(11) };
  const udp = await openUdpPort({ host: "127.0.0.1", port: 0 });
  const port = secure ? startDtlsServer(udp, bench, { knobs: hardenedDtls, keyOf }) : udp;
  const state = new Map<string, Buffer | string>([
    ["info", "hello"],
    ["count", "0"],
    ["time", "0"],
  ]);
  const calls: string[] = [];
  const handle: CoapHandler = ({ code: asked, path: segments, payload }) => {
    const path = segments.join("/");
    calls.push(`${asked} ${path}`);
    if (path === ".well-known/core") {
      return { code: code.content, options: [option(optionNumber.contentFormat, contentFormat.link)], payload: links };
    }
    if (path === "forbidden") return { code: code.forbidden };
    if (path === "slow") return { code: code.content, payload: "late", separateAfterMs: 700 };
    if (asked === code.post) state.set(path, String(Number(state.get(path)) + 1));
    if (asked === code.put) state.set(path, payload);
    if (asked !== code.get) return { code: code.changed };
    const body = state.get(path);
    return body === undefined ? { code: code.notFound } : { code: code.content, payload: body };
  };
  const options = {
    knobs: { ...hardenedServer, ...knobs },
    handle,
    isObservable: ([first]: readonly string[]) => first === "time",
  };
  const server = startCoapServer(port, bench, options);
  const ticking = setInterval(() => {
    state.set("time", String(Number(state.get("time")) + 1));
    server.changed("time");
  }, 300);
  return {
    port: udp.local.port,
    calls,
    async [Symbol.asyncDispose]() {
      clearInterval(ticking);
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Our client on a socket of its own. */
export async function clientOnLoopback(knobs: Partial<CoapClientKnobs> = {}) {
  const bench = { clock: realClock(), random: randomOf(12), signal: new AbortController().signal };
  return openCoapClient(await openUdpPort({ host: "127.0.0.1", port: 0 }), bench, knobs);
}

/** Runs a program to its end, 20 s at most; what it wrote to standard output and error. Rejects where it is not installed. */
export function runProgram(
  program: string,
  args: readonly string[],
): Promise<{ readonly out: string; readonly err: string }> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: 20_000, maxBuffer: 8 << 20 }, (error, out, err) => {
      if (error !== null && "code" in error && error.code === "ENOENT") reject(error);
      else resolve({ out, err });
    });
  });
}
