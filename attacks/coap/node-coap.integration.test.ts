import { createServer, type IncomingMessage, type OutgoingMessage } from "coap";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { loopback } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { crossProtocol } from "./cross-protocol.ts";
import { notificationFlood } from "./notification-flood.ts";
import { observationTheft } from "./observation-theft.ts";
import { observerCrowd } from "./observer-crowd.ts";
import { reflection } from "./reflection.ts";
import { silentObserver } from "./silent-observer.ts";
import { unacknowledgedAnswers } from "./unacknowledged-answers.ts";

/** A server of node-coap on a free port of 127.0.0.1, as somebody writes one who has read its manual. */
async function startNodeCoap(): Promise<{ readonly port: number } & AsyncDisposable> {
  const free = await openUdpPort({ host: "127.0.0.1", port: 0 });
  const { port } = free.local;
  await free.close();
  const app = nodeApp();
  const server = createServer((request, response) => app.answer(request, response));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
  return {
    port,
    async [Symbol.asyncDispose]() {
      app.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** `time` changes four times a second, `value` when it is PUT, `slow` is answered after a second. */
function nodeApp() {
  const observers = new Map<string, Set<OutgoingMessage>>([
    ["/time", new Set()],
    ["/value", new Set()],
  ]);
  let value = "start";
  const tell = (path: string, text: string) => {
    for (const observer of observers.get(path) ?? []) observer.write(text);
  };
  const ticking = setInterval(() => tell("/time", String(performance.now())), 250);
  const late = new Set<NodeJS.Timeout>();
  return {
    end() {
      clearInterval(ticking);
      for (const timer of late) clearTimeout(timer);
    },
    answer(request: IncomingMessage, response: OutgoingMessage): void {
      const path = request.url;
      if (path === "/slow") return void late.add(setTimeout(() => response.end("late"), 1_000));
      if (request.method === "PUT") {
        value = request.payload.toString();
        response.code = "2.04";
        response.end();
        return tell(path, value);
      }
      const text = path === "/value" ? value : `this is ${path}`;
      const list = observers.get(path);
      if (list === undefined || request.headers.Observe !== 0) return void response.end(text);
      response.write(text);
      list.add(response);
      response.on("finish", () => list.delete(response));
    },
  };
}

function verdictsOf(attack: Pick<Attack, "checks">, record: RunRecord) {
  return Object.fromEntries(attack.checks.map((check) => [check.id, check.judge(record).verdict]));
}

function saysOf(attack: Pick<Attack, "checks">, record: RunRecord) {
  return attack.checks.map((check) => check.judge(record).says).join("\n");
}

describe("the server of node-coap 1.5.0", () => {
  let ground: Ground;
  let server: Awaited<ReturnType<typeof startNodeCoap>>;
  beforeAll(async () => {
    server = await startNodeCoap();
    const at = loopback(server.port, "coap");
    ground = {
      at,
      listeners: [at],
      identities: { devices: [] },
      facts: { id: "test", product: "node-coap 1.5.0", fidelity: "simulated" },
      resources: { open: "info", sensitive: [], ticking: "time", slow: "slow", actuator: "value" },
    };
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const launch = (attack: Attack, parameters: JsonObject = {}) => launchAlone(attack, ground, parameters);

  it("answers a byte of junk with eighty, which is little at Ethernet", async () => {
    const record = await launch(reflection, { listens: "500ms" });
    expect(verdictsOf(reflection, record)).toEqual({ "strangers-are-sent-little": "pass" });
    expect(saysOf(reflection, record)).toContain("80× at the CoAP layer, 3.72× at IP, 2.25× at Ethernet");
  });

  it("answers other protocols with an error of its own", async () => {
    const record = await launch(crossProtocol, { listens: "200ms" });
    expect(verdictsOf(crossProtocol, record)).toEqual({ "foreign-datagrams-start-nothing": "fail" });
    expect(saysOf(crossProtocol, record)).toContain("a NTP reply by 5.00");
  });

  it("goes on notifying a silent observer", async () => {
    const record = await launch(silentObserver);
    expect(verdictsOf(silentObserver, record)).toEqual({ "silent-observers-are-dropped": "fail" });
    expect(saysOf(silentObserver, record)).toContain("got 13 different notifications");
  });

  it("counts its message ids for all peers together, and does not let go who cancels", async () => {
    const record = await launch(observationTheft, { period: "1s" });
    expect(verdictsOf(observationTheft, record)).toEqual({
      "foreign-resets-are-ignored": "pass",
      "message-ids-cannot-be-guessed": "fail",
      "observations-belong-to-their-observer": "fail",
    });
    expect(saysOf(observationTheft, record)).toContain("after its own cancellation");
  });

  it("limits neither observers nor notifications nor answers", async () => {
    const found = [
      verdictsOf(observerCrowd, await launch(observerCrowd)),
      verdictsOf(notificationFlood, await launch(notificationFlood)),
      verdictsOf(unacknowledgedAnswers, await launch(unacknowledgedAnswers, { listens: "300ms" })),
    ];
    expect(found).toEqual([
      { "one-peer-cannot-fill-the-observer-list": "fail", "observers-are-limited": "fail" },
      { "fast-changes-are-merged": "fail" },
      { "separate-answers-are-limited": "fail" },
    ]);
  });
});
