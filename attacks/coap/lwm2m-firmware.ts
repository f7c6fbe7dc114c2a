import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { contentFormat, option, optionNumber } from "#simulator/coap/option.ts";
import { type Asker, openAsker } from "./parts/access-asker.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { saysNo } from "./parts/access-reply.ts";
import { isWritten, readText } from "./parts/access-rightful.ts";
import { mustServe } from "./parts/access-serving.ts";
import { mustReadObjects } from "./parts/lwm2m-serving.ts";
import { openOrigin, pathOf } from "./parts/proxy-origin.ts";

const id = "coap.lwm2m-firmware";

const packageUri = "5/0/1";
const update = "5/0/2";
const state = "5/0/3";
const idle = "0";
const updating = "3";

export const lwm2mFirmware = defineAttack({
  id,
  title: "Lead a firmware update astray, with the rights of the operator",
  speaks: "coap",
  severity: "critical",
  layer: "application",
  explains: `With the operator's credential, as a thief of it would have it, the attack writes a Package URI that leads to a server of
its own, and takes it back; then it executes Update although nothing was downloaded.
package-uris-are-limited fails where the device asked the attack's server, firmware-states-are-kept where Update was
taken in state Idle. Where the device is in another state, nothing is tried.
The control: the operator reads /3/0/0.`,
  references: {
    cwe: ["CWE-494", "CWE-345", "CWE-918", "CWE-372"],
    attack: ["T1693.001", "T0800", "T1090"],
    owasp: ["I4"],
    clauses: ["LwM2M Core 1.2 E.6"],
    cases: ["LW-05"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: ["operator"],
  strains: false,
  atMostMs: ({ window }) => 15 * window + 15_000,

  control: (bench, ground, { window }) => mustReadObjects(bench, ground, window),

  async launch(bench, ground, { window }) {
    if (ground.resources?.lwm2m === undefined) return;
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    const now = await readText(operator, state, window);
    bench.observe.note("state", { state: now ?? null }, operator.reference);
    if (now !== idle) return;
    try {
      await updateIdle(bench, operator, window);
      await reset(operator, window);
      await lead(bench, ground, operator, window);
    } finally {
      await reset(operator, window);
    }
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "package-uris-are-limited",
      asks: "Does a device fetch firmware only from where its maker put it, whatever URI it is told?",
      covers: "P2.1/update-channel-authenticated",
      remedy:
        "Compare the Package URI with a list of update servers before anything is asked, refuse others with result 7 (Invalid URI), and fetch by coaps or https only. Then run this again: the attack's server must not be asked.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, ({ during }) =>
          judgePursuits(pursuitsOf(during.attack, ["fetch"]), {
            did: "the device asked a server that is not its maker's",
            held: "Package URIs that lead elsewhere were not followed",
            untried: "nobody knows of a firmware object here that is idle",
          }),
        ),
    },
    {
      id: "firmware-states-are-kept",
      asks: "Does a device refuse to install where nothing was downloaded?",
      covers: "P2.3/rejects-unauthentic",
      remedy:
        "Answer 4.05 to Update in every state but Downloaded, and to Cancel while Updating. Then run this again: the state must stay Idle.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, ({ during }) =>
          judgePursuits(pursuitsOf(during.attack, ["install"]), {
            did: "an update began although nothing was downloaded",
            held: "executes of Update in state Idle were refused",
            untried: "nobody knows of a firmware object here that is idle",
          }),
        ),
    },
  ],
  twins: [
    { kills: "package-uris-are-limited", loosen: { where: "coap-server", knob: "lwPackageUri", value: "any" } },
    { kills: "firmware-states-are-kept", loosen: { where: "coap-server", knob: "lwFirmwareState", value: "loose" } },
  ],
});

/** An empty URI takes back what was written, and leads to Idle (object 5, resource 1). */
async function reset(operator: Asker, withinMs: number): Promise<void> {
  await isWritten(operator, packageUri, "", withinMs);
}

async function updateIdle(bench: Bench, operator: Asker, withinMs: number): Promise<void> {
  const goal = { goal: "install", how: "Execute Update in state Idle", path: update };
  await pursue(
    bench,
    operator,
    goal,
    { code: code.post, path: update },
    {
      withinMs,
      reached: async (reply) => {
        if (reply !== undefined && isSuccess(reply.code)) return true;
        const now = await readText(operator, state, withinMs);
        if (now !== undefined) return now === updating;
        return reply !== undefined && saysNo(reply) ? false : undefined;
      },
    },
  );
}

/** How long a device may take to follow a URI that it has taken, milliseconds. */
const followsWithinMs = 500;

async function lead(bench: Bench, ground: Ground, operator: Asker, withinMs: number): Promise<void> {
  await using origin = await openOrigin(bench, ground.at, () => ({ payload: "no firmware" }));
  const { host, port } = origin.local;
  const mark = bench.random.hex(8);
  const isAsked = () => origin.requests.some((request) => pathOf(request) === mark);
  const order = {
    code: code.put,
    path: packageUri,
    payload: `coap://${host}:${port}/${mark}`,
    options: [option(optionNumber.contentFormat, contentFormat.text)],
  };
  await pursue(bench, operator, { goal: "fetch", how: "Write of a foreign URI", path: packageUri }, order, {
    withinMs,
    reached: async (reply) => {
      const patienceMs = reply !== undefined && isSuccess(reply.code) ? followsWithinMs : 0;
      const endsMs = bench.clock.nowMs() + patienceMs;
      while (!isAsked() && bench.clock.nowMs() < endsMs) await bench.clock.sleep(20, bench.signal);
      if (isAsked()) return true;
      return reply !== undefined && saysNo(reply) ? false : undefined;
    },
  });
}
