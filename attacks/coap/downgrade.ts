import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { LabError } from "#contract/errors.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { alert, fatal, writeAlert } from "#simulator/dtls/alert.ts";
import { contentType, readRecords, writeRecord } from "#simulator/dtls/record.ts";
import { dtlsVersion } from "#simulator/dtls/version.ts";
import type { RecordedPort } from "#simulator/udp/recorded-port.ts";
import { callerOf, callWithinMs, expectCalls, hasTaken } from "./parts/caller-serving.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { callKey, ownDtlsServerOn } from "./parts/own-dtls-server.ts";
import { openOwnPort, ownAddress, ownServerOn } from "./parts/own-server.ts";

const id = "coap.downgrade";
/** An alert is known at once, so that a device falls back at once, or not at all. */
const afterAlertMs = 1_000;
const portTries = 50;

export const downgrade = defineAttack({
  id,
  title: "Break a device's DTLS, and offer it CoAP without",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `The device is to report by coaps to a server of ours whose DTLS does not work: once it gets a fatal alert for each hello,
which anybody on the path can forge, and once nothing at all. On the port below, where coap has its port beside coaps,
somebody listens without DTLS.
secure-calls-never-fall-back fails where a request without DTLS comes there, and passes where the device was seen trying DTLS
both times, and nothing came. Many devices give DTLS up only after some time-outs: a pass holds for the time watched.
The control: the device reports by DTLS to a server where it works, and an honest client is served beside it.`,
  references: {
    cwe: ["CWE-757", "CWE-319"],
    attack: ["T1557", "T1689"],
    owasp: ["I7"],
    clauses: ["RFC 7252 §6.2", "RFC 7252 §9.1"],
    cases: ["CO-DTLS-08"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "200ms", atMost: "120s" })
      .prefault("6s")
      .describe("how long to watch a device whose hellos nobody answers"),
  }),
  needs: [],
  needsCaller: true,
  strains: false,
  atMostMs: ({ window }) => window + afterAlertMs + 10 * callWithinMs,

  async control(bench, ground) {
    await expectCalls(bench, ground, "before the attack");
    await expectSecureCall(bench, ground);
  },

  async launch(bench, ground, { window }) {
    await breakDtls(bench, ground, "an alert", Math.min(window, afterAlertMs));
    await breakDtls(bench, ground, "silence", window);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectCalls(bench, ground, "after the attack"),

  checks: [
    {
      id: "secure-calls-never-fall-back",
      asks: "Does a device that is to use DTLS never go on without it?",
      covers: "P3.1/no-secrets-in-clear",
      remedy:
        "Where a coaps address cannot be reached, wait and try it again; coap is another server (RFC 7252 §6.2), whoever answers there. Then run this again with a long window: nothing may come without DTLS.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "secure-calls-never-fall-back",
      loosen: { where: "coap-server", knob: "callerFallback", value: "plain" },
      parameters: { window: "400ms" },
    },
  ],
});

async function expectSecureCall(bench: Bench, ground: Ground): Promise<void> {
  const as = callKey(bench);
  const port = await openOwnPort(bench);
  await using server = ownDtlsServerOn(bench, port, as);
  const payload = canary(bench);
  server.onAsked((asked) => server.answer(asked, { payload: Buffer.from(payload) }));
  const at = ownAddress(ground, port.local, "coaps");
  await using calling = await callerOf(ground).call({ at, as, does: "read", path: "state" });
  if (!(await hasTaken(bench, calling, (taken) => taken.includes(payload), callWithinMs))) {
    throw new Error("the device did not take what an honest server answered by DTLS");
  }
}

type Ending = "an alert" | "silence";

async function breakDtls(bench: Bench, ground: Ground, ending: Ending, windowMs: number): Promise<void> {
  const [plainPort, securePort] = await openPair(bench);
  await using plain = ownServerOn(bench, plainPort);
  await using secure = dyingDtls(securePort, ending);
  const at = ownAddress(ground, securePort.local, "coaps");
  await using _ = await callerOf(ground).call({ at, as: callKey(bench), does: "report", path: canary(bench) });
  const untilMs = bench.clock.nowMs() + callWithinMs;
  while (secure.hellos() === 0 && bench.clock.nowMs() < untilMs) await bench.clock.sleep(20, bench.signal);
  await plain.until(() => plain.asked.length > 0, windowMs);
  const [asked] = plain.asked;
  const detail = { ending, hellos: secure.hellos(), plain: plain.asked.length, watchedMs: windowMs };
  bench.observe.note("secure-call", detail, asked && plainPort.reference(asked.from));
}

/** Where DTLS should be: counts hellos, and answers each with a fatal alert, or with nothing. */
function dyingDtls(port: RecordedPort, ending: Ending): AsyncDisposable & { hellos(): number } {
  let hellos = 0;
  port.hear((datagram, from) => {
    const [record] = readRecords(datagram);
    if (record?.type !== contentType.handshake) return;
    hellos += 1;
    if (ending === "silence") return;
    const header = { type: contentType.alert, version: dtlsVersion["1.2"], epoch: 0, sequence: record.sequence };
    port.send(writeRecord(header, writeAlert(fatal(alert.handshakeFailure))), from);
  });
  return { hellos: () => hellos, [Symbol.asyncDispose]: () => port.close() };
}

/** Two sockets of ports that follow each other. */
async function openPair(bench: Bench): Promise<readonly [RecordedPort, RecordedPort]> {
  for (let n = 0; n < portTries; n += 1) {
    const lower = await openOwnPort(bench);
    try {
      return [lower, await openOwnPort(bench, lower.local.port + 1)];
    } catch (cause) {
      await lower.close();
      if (!(cause instanceof LabError) || cause.code !== "E_PORT_TAKEN") throw cause;
    }
  }
  throw new Error("no two ports that follow each other are free");
}

const shape = z.object({ ending: z.string(), hellos: z.number(), plain: z.number(), watchedMs: z.number() });

function judge({ during: { attack } }: Launch): Answer {
  const calls = notedAs(attack, "secure-call", shape);
  const evidence = seqsOf(calls);
  const fallen = calls.filter(({ facts: { plain } }) => plain > 0);
  if (fallen.length > 0) {
    const says = fallen
      .map(({ facts: { ending, plain } }) => `${plain} requests without DTLS after ${ending}`)
      .join(", ");
    return { verdict: "fail", says: `the device sent ${says}`, evidence: seqsOf(fallen) };
  }
  const tried = calls.filter(({ facts: { hellos } }) => hellos > 0);
  if (tried.length < 2) {
    const says = "the device was not seen trying DTLS, so that it sent nothing without says nothing";
    return { verdict: "inconclusive", says, evidence };
  }
  const watched = calls
    .map(({ facts: { ending, watchedMs } }) => `${watchedMs / 1_000} s after ${ending}`)
    .join(" and ");
  return { verdict: "pass", says: `nothing came without DTLS within ${watched}`, evidence };
}
