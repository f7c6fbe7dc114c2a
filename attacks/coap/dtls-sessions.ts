import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { honestTries } from "#contract/honest-tries.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { alert, fatal, writeAlert } from "#simulator/dtls/alert.ts";
import { halfHandshake } from "#simulator/dtls/dtls-probe.ts";
import { rawHello } from "#simulator/dtls/raw-hello.ts";
import { contentType, writeRecord } from "#simulator/dtls/record.ts";
import { dtlsVersion } from "#simulator/dtls/version.ts";
import { secureListener } from "./parts/dtls-life.ts";
import { sessionAs } from "./parts/dtls-session.ts";
import { judgeSessions, trySessions } from "./parts/honest-sessions.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { paceFor } from "./parts/pace.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.dtls-sessions";
/** Where the addresses of the crowd begin. */
const halfFrom = 400;
const wrongFrom = 2_500;
/** Handshakes that are under way at once, so that a device on a slow link is not given up for our own queue. */
const together = 16;

export const dtlsSessions = defineAttack({
  id,
  title: "Begin handshakes by the hundred and leave them unfinished",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `Begins handshakes, each from a socket of its own (on loopback from an address of its own), brings the cookie, and stops where
the server waits for the key exchange; then ends a quarter as many with a wrong key. All sockets stay open until the end,
when the server is told by an alert that nothing more will come.
Meanwhile an honest client opens ${honestTries} sessions, one after the other, and asks in each.
honest-sessions-open-beside-half-open passes where all ${honestTries} were opened within 3 s and answered in. A try without an answer
counts against the server only where an honest client was served before and after. It is inconclusive where the server
let nobody get as far as a half-open handshake.
The control: an honest client opens a session and is answered in it.`,
  references: {
    cwe: ["CWE-770", "CWE-400", "CWE-772"],
    cve: ["CVE-2022-39368"],
    attack: ["T1499.002", "T0814"],
    owasp: ["I2"],
    clauses: ["RFC 6347 §4.2.1", "RFC 9147 §11", "EN 303 645 5.9-1"],
    cases: ["CO-DTLS-07"],
  },
  parameters: z.strictObject({
    handshakes: count({ atLeast: 20, atMost: 2_000 })
      .default(250)
      .describe("handshakes to leave half open: more than the server should keep"),
    window: duration({ atLeast: "100ms", atMost: "5s" })
      .prefault("500ms")
      .describe("how long each answer of the server is waited for"),
  }),
  needs: ["operator"],
  strains: true,
  wantsFreshTarget: true,
  atMostMs: ({ handshakes, window }) => (handshakes / together + 1) * 3 * window + (honestTries + 2) * 6_000 + 10_000,

  async control(bench, ground) {
    secureListener(ground);
    await expectServed(bench, ground, "before the attack");
  },

  async launch(bench, ground, { handshakes, window }) {
    const most = Math.min(handshakes, ground.at.maxConnections - 4);
    await using crowd = await beginMany(bench, ground, most, window);
    const wrong = await failMany(bench, ground, Math.floor(most / 4), window);
    const { asked, half, refused } = crowd;
    bench.observe.note("handshakes", { asked, half, refused, wrong });
    await trySessions(bench, ground);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "honest-sessions-open-beside-half-open",
      asks: "Do honest clients get a DTLS session while somebody leaves handshakes unfinished?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Keep nothing before the cookie came back, limit handshakes under way for each address, let the oldest unfinished one make room for a new one, and drop failed ones at once. Then run this again: all eleven honest clients must be served.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "honest-sessions-open-beside-half-open",
      loosen: { where: "coap-server", knob: "dtlsFull", value: "refuses" },
      parameters: { handshakes: 40 },
      both: { "coap-server": { maxHandshakes: 20 } },
    },
  ],
});

interface Crowd extends AsyncDisposable {
  readonly asked: number;
  /** Handshakes that wait for the key exchange, and those that were refused by an alert. */
  readonly half: number;
  readonly refused: number;
}

/** A fatal alert in clear, which ends a handshake that has no keys yet. */
const farewell = writeRecord(
  { type: contentType.alert, version: dtlsVersion["1.2"], epoch: 0, sequence: 9 },
  writeAlert(fatal(alert.userCanceled)),
);

async function beginMany(bench: Bench, ground: Ground, total: number, windowMs: number): Promise<Crowd> {
  const at = secureListener(ground);
  await using opened = new AsyncDisposableStack();
  const counted = { half: 0, refused: 0, silent: 0 };
  // Where a whole batch is met with silence the server is full, and more would only take time.
  const isFull = () => counted.silent >= together;
  await inBatches(bench, ground, total, isFull, async (n) => {
    const probe = opened.use(await openProbe(bench, at, ownedHost(at, halfFrom + n)));
    // Without a word a server would keep it for half a minute, and the next attack would meet a full one.
    opened.defer(() => probe.send(farewell));
    const reached = await halfHandshake(probe, rawHello(bench.random), windowMs);
    if (reached.serverHello !== undefined) counted.half += 1;
    else if (reached.alert !== undefined) counted.refused += 1;
    else counted.silent += 1;
  });
  const all = opened.move();
  const { half, refused, silent } = counted;
  return { asked: half + refused + silent, half, refused, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** How many handshakes with a wrong key did not become a session. */
async function failMany(bench: Bench, ground: Ground, total: number, windowMs: number): Promise<number> {
  let failed = 0;
  await inBatches(
    bench,
    ground,
    total,
    () => false,
    async (n) => {
      const given = { withinMs: windowMs, key: bench.random.hex(16), from: ownedHost(ground.at, wrongFrom + n) };
      try {
        await using _ = await sessionAs(bench, ground, ground.identities.operator, given);
      } catch {
        failed += 1;
      }
    },
  );
  return failed;
}

async function inBatches(
  bench: Bench,
  { at }: Ground,
  total: number,
  isEnough: () => boolean,
  work: (n: number) => Promise<void>,
): Promise<void> {
  const mayGo = paceFor(bench, at);
  for (let n = 0; n < total && !isEnough() && !bench.signal.aborted; n += together) {
    const batch: Promise<void>[] = [];
    for (let m = n; m < Math.min(total, n + together); m += 1) {
      await mayGo();
      batch.push(work(m));
    }
    await Promise.all(batch);
  }
}

const shape = z.object({ asked: z.number(), half: z.number(), refused: z.number(), wrong: z.number() });

function judge(launch: Launch): Answer {
  const [seen] = notedAs(launch.during.attack, "handshakes", shape);
  if (seen === undefined) return { verdict: "inconclusive", says: "no handshake was begun", evidence: [] };
  const { asked, half, refused, wrong } = seen.facts;
  const counts = `${half} of ${asked} handshakes were half open (${refused} refused) and ${wrong} failed by a wrong key`;
  const answer = judgeSessions(launch, counts);
  const evidence = [...seqsOf([seen]), ...answer.evidence];
  if (answer.verdict === "pass" && half + refused === 0) {
    return { ...answer, verdict: "inconclusive", says: `no handshake got far enough: ${answer.says}`, evidence };
  }
  return { ...answer, evidence };
}
