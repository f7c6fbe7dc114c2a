import type { Identity } from "#contract/identity.ts";
import type { JsonObject, Observation } from "#contract/observation.ts";
import type { Posture } from "#contract/target.ts";
import type { CoapAsk } from "#simulator/coap/ask.ts";
import { type CoapClient, openCoapClient } from "#simulator/coap/client.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";
import { coapServerKnobsOf } from "#simulator/coap-server/device-server-knobs.ts";
import { type EmbeddedDeviceServer, startDeviceServer } from "#simulator/coap-server/embedded-device-server.ts";
import { connectDtls } from "#simulator/dtls/connect-dtls.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { benchOf, realClock } from "./bench.ts";

/** What a test asks: GET unless told otherwise. */
export type TestAsk = Partial<Omit<CoapAsk, "to" | "path">>;

/** A client of the test's own; disposing closes it. */
export interface TestClient extends AsyncDisposable {
  readonly client: CoapClient;
  ask(path: string, ask?: TestAsk): Promise<CoapReply>;
  /** The code of the answer as specifications write it. */
  code(path: string, ask?: TestAsk): Promise<string>;
  text(path: string, ask?: TestAsk): Promise<string>;
}

/** The embedded device server of a test, and clients of it. */
export interface TestDeviceServer extends AsyncDisposable {
  readonly server: EmbeddedDeviceServer;
  readonly history: readonly Observation[];
  /** A client without DTLS. */
  plain(host?: string): Promise<TestClient>;
  /** A client with the key of one of the server's identities. */
  as(who: "operator" | "intruder" | "victim" | Identity): Promise<TestClient>;
}

const withinMs = 5_000;

export async function startTestDeviceServer(posture: Posture, knobs: JsonObject = {}): Promise<TestDeviceServer> {
  const history: Observation[] = [];
  const bench = benchOf(history, { clock: realClock(), actor: "target:embedded-coap" });
  const server = await startDeviceServer(bench, { knobs: coapServerKnobsOf(posture, knobs), devices: 2 });
  const clients: TestClient[] = [];
  const clientAt = (port: number, client: CoapClient): TestClient => {
    const to = { host: "127.0.0.1", port };
    const ask = (path: string, more: TestAsk = {}) => client.request({ to, path, code: code.get, withinMs, ...more });
    const made = {
      client,
      ask,
      code: async (path: string, more?: TestAsk) => codeText((await ask(path, more)).code),
      text: async (path: string, more?: TestAsk) => (await ask(path, more)).payload.toString(),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
    clients.push(made);
    return made;
  };
  return {
    server,
    history,
    async plain(host = "127.0.0.1") {
      const port = server.ports.get("coap") ?? 0;
      return clientAt(port, openCoapClient(await openUdpPort({ host, port: 0 }), bench));
    },
    async as(who) {
      const identity = typeof who === "string" ? server.identities[who] : who;
      const port = server.ports.get("coaps") ?? 0;
      const session = await connectDtls(await openUdpPort({ host: "127.0.0.1", port: 0 }), bench, {
        to: { host: "127.0.0.1", port },
        identity: identity?.username ?? "",
        key: Buffer.from(identity?.password ?? ""),
        withinMs,
      });
      return clientAt(port, openCoapClient(session, bench));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
      await server[Symbol.asyncDispose]();
    },
  };
}
