import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FieldEvent } from "#contract/device.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { code } from "../coap/code.ts";
import { type CoapServer, startCoapServer } from "../coap/server.ts";
import { hardenedServer, weakServer } from "../coap/server-knobs.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { type FieldSide, fieldSide } from "./field-side.ts";

const clock = realClock();
const as = { clientId: "gateway" };
let server: CoapServer;
let port: number;
let bodies: Map<string, string>;
let events: FieldEvent[];
let field: FieldSide;

async function serve(knobs = weakServer): Promise<void> {
  const udp = await openUdpPort({ host: "127.0.0.1", port: 0 });
  port = udp.local.port;
  server = startCoapServer(
    udp,
    { clock, random: randomOf(2) },
    {
      knobs,
      isObservable: () => true,
      handle({ code: method, path, payload }) {
        const name = path.join("/");
        const body = bodies.get(name);
        if (method === code.put) bodies.set(name, payload.toString());
        else if (body === undefined) return { code: code.notFound };
        return method === code.put ? { code: code.changed } : { code: code.content, payload: body ?? "" };
      },
    },
  );
  field = fieldSide(benchOf([], { clock }), [loopback(1883), loopback(port, "coap")], as, (event) =>
    events.push(event),
  );
}

beforeEach(async () => {
  bodies = new Map();
  events = [];
  await serve();
});

afterEach(async () => {
  await field[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Waits until so many things were told, at most 5 s. */
async function told(count: number): Promise<readonly FieldEvent[]> {
  for (let waitedMs = 0; waitedMs < 5_000 && events.length < count; waitedMs += 5) await clock.sleep(5);
  return events;
}

async function opened(): Promise<void> {
  field.do({ kind: "open" });
  await told(1);
  events.length = 0;
}

describe("the field side of a gateway", () => {
  it("is up once it is told to open, and only once", async () => {
    field.do({ kind: "open" });
    field.do({ kind: "open" });
    expect(await told(1)).toEqual([{ kind: "up" }]);
    field.do({ kind: "open" });
    await clock.sleep(20);
    expect(events).toHaveLength(1);
  });

  it("reads and writes, and tells every answer with its path", async () => {
    await opened();
    field.do({ kind: "write", path: "devices/lamp/command", payload: '{"command":"on"}' });
    field.do({ kind: "read", path: "devices/lamp/command" });
    field.do({ kind: "read", path: "nowhere?x=1" });
    expect(await told(3)).toEqual([
      { kind: "answer", path: "devices/lamp/command", code: "2.04", payload: "" },
      { kind: "answer", path: "devices/lamp/command", code: "2.05", payload: '{"command":"on"}' },
      { kind: "answer", path: "nowhere?x=1", code: "4.04", payload: "" },
    ]);
  });

  it("does nothing before it is up", async () => {
    field.do({ kind: "read", path: "a" });
    field.do({ kind: "observe", path: "a" });
    await clock.sleep(30);
    expect(events).toEqual([]);
  });

  it("reports what it observes, again with each change, and no more once it is told to forget", async () => {
    await opened();
    bodies.set("a", "1");
    field.do({ kind: "observe", path: "a" });
    field.do({ kind: "observe", path: "a" });
    expect(await told(1)).toEqual([{ kind: "report", path: "a", payload: "1" }]);
    bodies.set("a", "2");
    server.changed("a");
    expect(await told(2)).toHaveLength(2);
    field.do({ kind: "forget", path: "a" });
    await clock.sleep(30);
    bodies.set("a", "3");
    server.changed("a");
    await clock.sleep(30);
    expect(events).toHaveLength(2);
  });

  it("tells of an observation that is denied, and can ask for it again", async () => {
    await opened();
    field.do({ kind: "observe", path: "a" });
    expect(await told(1)).toEqual([{ kind: "answer", path: "a", code: "4.04", payload: "" }]);
    bodies.set("a", "1");
    field.do({ kind: "observe", path: "a" });
    expect((await told(2))[1]).toEqual({ kind: "report", path: "a", payload: "1" });
  });

  it("polls, as often as it is asked to, what a server with too many observers does not notify", async () => {
    await field[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await serve({ ...hardenedServer, maxObserversPerPeer: 1, freshness: "none" });
    await opened();
    for (const path of ["a", "b"]) bodies.set(path, path);
    field.do({ kind: "observe", path: "a" });
    field.do({ kind: "observe", path: "b" });
    await told(2);
    bodies.set("b", "newer");
    field.do({ kind: "observe", path: "a" });
    field.do({ kind: "observe", path: "b" });
    expect((await told(3)).slice(2)).toEqual([{ kind: "report", path: "b", payload: "newer" }]);
  });

  it("is down where the target has no CoAP address", async () => {
    const nowhere = fieldSide(benchOf([], { clock }), [loopback(1883)], as, (event) => events.push(event));
    nowhere.do({ kind: "open" });
    expect(await told(1)).toEqual([{ kind: "down", why: expect.stringContaining("no CoAP address") }]);
  });

  it("tells nothing any more once it is over", async () => {
    await opened();
    field.do({ kind: "read", path: "a" });
    await field[Symbol.asyncDispose]();
    await clock.sleep(30);
    expect(events).toEqual([]);
  });
});
