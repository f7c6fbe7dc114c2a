import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { openProbe, type Probe } from "#simulator/coap/probe.ts";
import type { ClientHello } from "#simulator/dtls/client-hello.ts";
import { hearPart, sendHello } from "#simulator/dtls/dtls-probe.ts";
import { partsOf } from "#simulator/dtls/heard-part.ts";
import { type HelloNumbers, helloDatagrams, rawHello } from "#simulator/dtls/raw-hello.ts";
import { secureListener } from "./parts/dtls-life.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { hasOwnAddresses, ownedHost } from "./parts/owned-host.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.dtls-hello";
/** Bytes that may come back for one that was sent (RFC 9000 §8 has the same for QUIC, RFC 9175 §2.4 for CoAP). */
const mostFactor = 3;
/** The first fragment holds all of a hello up to its cookie, so that a server can answer it without keeping it. */
const fragmentBytes = 56;

export const dtlsHello = defineAttack({
  id,
  title: "Have the server begin a handshake with an address that never asked for one",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `Sends a ClientHello without a cookie, one in two fragments, one with a cookie that nobody gave, and (on loopback, where
there are several addresses) one with the cookie that another address was given, each from a socket of its own that counts
all that comes back. None is sent again.
handshakes-begin-with-a-cookie fails where one of them is answered with ServerHello: then the server computes and keeps
state for an address that has not shown that it is there, and sends it a flight that it did not ask for. It fails, too,
where more than ${mostFactor} times as many bytes come back as were sent. It passes where the plain hello is answered with
HelloVerifyRequest, and none of the others with ServerHello.
The control: an honest client opens a session and is answered in it.`,
  references: {
    cwe: ["CWE-405", "CWE-406"],
    attack: ["T1498.002"],
    owasp: ["I2"],
    clauses: ["RFC 6347 §4.2.1", "RFC 9147 §5.1"],
    cases: ["CO-DTLS-01"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" })
      .prefault("300ms")
      .describe("how long each socket counts what comes back"),
  }),
  needs: ["operator"],
  strains: false,
  atMostMs: ({ window }) => 6 * window + 20_000,

  async control(bench, ground) {
    secureListener(ground);
    await expectServed(bench, ground, "before the attack");
  },

  async launch(bench, ground, { window }) {
    const at = secureListener(ground);
    const hello = rawHello(bench.random);
    await using first = await openProbe(bench, at);
    sendHello(first, hello);
    const asked = await hearPart(first, window, ["hello-verify", "server-hello", "alert"]);
    const strikes: Strike[] = [
      { how: "in fragments", numbers: { fragmentBytes } },
      { how: "with a cookie that nobody gave", cookie: Buffer.from(bench.random.hex(32), "hex") },
    ];
    if (asked?.kind === "hello-verify" && hasOwnAddresses(at)) {
      strikes.push({ how: "with the cookie of another address", cookie: asked.cookie, from: ownedHost(at, 3) });
    }
    await Promise.all([
      bench.clock.sleep(window, bench.signal),
      ...strikes.map((each) => strike(bench, at, hello, each, window)),
    ]);
    note(bench, first, plain, helloDatagrams(hello));
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "handshakes-begin-with-a-cookie",
      asks: "Does the server begin a DTLS handshake only with an address that has returned its cookie?",
      covers: "P6.2/not-an-attack-platform",
      remedy:
        "Switch on the cookie exchange of DTLS (HelloVerifyRequest), with a cookie that depends on the client's address and a secret. Then run this again: no hello may be answered with ServerHello.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "handshakes-begin-with-a-cookie",
      loosen: { where: "coap-server", knob: "dtlsCookie", value: "off" },
      parameters: { window: "200ms" },
    },
  ],
});

/** How the hello without a cookie is called. */
const plain = "without a cookie";

/** One more hello, from a socket of its own. */
interface Strike {
  readonly how: string;
  readonly cookie?: Buffer;
  readonly numbers?: HelloNumbers;
  readonly from?: { readonly host?: string };
}

async function strike(
  bench: Bench,
  at: LabAddress,
  hello: ClientHello,
  { how, cookie = hello.cookie, numbers = {}, from = {} }: Strike,
  windowMs: number,
): Promise<void> {
  await using probe = await openProbe(bench, at, from);
  const datagrams = helloDatagrams({ ...hello, cookie }, numbers);
  for (const datagram of datagrams) probe.send(datagram);
  await bench.clock.sleep(windowMs, bench.signal);
  note(bench, probe, how, datagrams);
}

/** What came back to that socket so far. */
function note(bench: Bench, probe: Probe, how: string, datagrams: readonly Buffer[]): void {
  const heard = probe.heard.map(({ bytes }) => bytes);
  const kinds = [...new Set(heard.flatMap(partsOf).map(({ kind }) => kind))];
  bench.observe.note("hello", { how, kinds, sent: sumOf(datagrams), got: sumOf(heard) }, probe.reference);
}

function sumOf(datagrams: readonly Buffer[]): number {
  return datagrams.reduce((sum, { length }) => sum + length, 0);
}

const shape = z.object({ how: z.string(), kinds: z.array(z.string()), sent: z.number(), got: z.number() });

function judge({ during: { attack } }: Launch): Answer {
  const hellos = notedAs(attack, "hello", shape);
  const begun = hellos.filter(({ facts: { kinds } }) => kinds.includes("server-hello"));
  const trials = { planned: hellos.length, run: hellos.length, passed: hellos.length - begun.length };
  if (begun.length > 0) {
    const says = `the server began a handshake for a hello ${begun.map(sayBytes).join(", and one ")}`;
    return { verdict: "fail", says, evidence: seqsOf(begun), trials };
  }
  const grown = hellos.filter(({ facts: { sent, got } }) => got > mostFactor * sent);
  if (grown.length > 0) {
    const says = `more than ${mostFactor} times as many bytes came back for a hello ${grown.map(sayBytes).join(", and one ")}`;
    return { verdict: "fail", says, evidence: seqsOf(grown), trials };
  }
  const evidence = seqsOf(hellos);
  if (!hellos.some(({ facts: { how, kinds } }) => how === plain && kinds.includes("hello-verify"))) {
    return { verdict: "inconclusive", says: "a hello without a cookie was not asked for one", evidence };
  }
  const says = `none of ${hellos.length} hellos was answered with more than a request for the cookie`;
  return { verdict: "pass", says, evidence, trials };
}

function sayBytes({ facts: { how, sent, got } }: { readonly facts: z.output<typeof shape> }): string {
  return `${how} (${sent} bytes, ${got} came back)`;
}
