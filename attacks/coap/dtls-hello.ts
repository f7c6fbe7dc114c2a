import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { openProbe, type Probe } from "#simulator/coap/probe.ts";
import { hearPart, sendHello } from "#simulator/dtls/dtls-probe.ts";
import { partsOf } from "#simulator/dtls/heard-part.ts";
import { rawHello } from "#simulator/dtls/raw-hello.ts";
import { fieldOf, numberOf, textOf } from "./parts/detail.ts";
import { secureListener } from "./parts/dtls-life.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.dtls-hello";

export const dtlsHello = defineAttack({
  id,
  title: "Have the server begin a handshake with an address that never asked for one",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `Sends a ClientHello without a cookie, one in small fragments, one with a cookie that nobody gave, and one with the cookie
that another address was given, each from a socket of its own that counts all that comes back. None is sent again.
handshakes-begin-with-a-cookie fails where one of them is answered with ServerHello: then the server computes and keeps
state for an address that has not shown that it is there, and sends it a flight that it did not ask for. It passes where
the plain hello is answered with HelloVerifyRequest only, and none of the others with ServerHello.
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
      .prefault("400ms")
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
    const first = await openProbe(bench, at);
    await using _first = first;
    sendHello(first, hello);
    const asked = await hearPart(first, window, ["hello-verify", "server-hello", "alert"]);
    await bench.clock.sleep(window, bench.signal);
    note(bench, first, "without a cookie");
    const foreign = asked?.kind === "hello-verify" ? asked.cookie : undefined;
    await Promise.all([
      strike(bench, at, "in fragments", window, (probe) => sendHello(probe, hello, { fragmentBytes: 24 })),
      strike(bench, at, "with a cookie that nobody gave", window, (probe) =>
        sendHello(probe, { ...hello, cookie: Buffer.from(bench.random.hex(32), "hex") }),
      ),
      foreign === undefined
        ? Promise.resolve()
        : strike(
            bench,
            at,
            "with the cookie of another address",
            window,
            (probe) => sendHello(probe, { ...hello, cookie: foreign }),
            ownedHost(at, 3),
          ),
    ]);
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

async function strike(
  bench: Bench,
  at: LabAddress,
  how: string,
  windowMs: number,
  send: (probe: Probe) => void,
  from: { readonly host?: string } = {},
): Promise<void> {
  await using probe = await openProbe(bench, at, from);
  send(probe);
  await bench.clock.sleep(windowMs, bench.signal);
  note(bench, probe, how);
}

/** What came back to that socket so far. */
function note(bench: Bench, probe: Probe, how: string): void {
  const kinds = [...new Set(probe.heard.flatMap(({ bytes }) => partsOf(bytes)).map(({ kind }) => kind))];
  const bytes = probe.heard.reduce((sum, heard) => sum + heard.bytes.length, 0);
  bench.observe.note("hello", { how, kinds, datagrams: probe.heard.length, bytes }, probe.reference);
}

function judge({ during: { attack } }: Launch): Answer {
  const hellos = notesOf(attack, "hello");
  const kindsOf = (detail: (typeof hellos)[number]["detail"]) => fieldOf(detail, "kinds");
  const has = (detail: (typeof hellos)[number]["detail"], kind: string) => {
    const kinds = kindsOf(detail);
    return Array.isArray(kinds) && kinds.includes(kind);
  };
  const begun = hellos.filter(({ detail }) => has(detail, "server-hello"));
  const trials = { planned: hellos.length, run: hellos.length, passed: hellos.length - begun.length };
  if (begun.length > 0) {
    const how = begun.map(({ detail }) => `${textOf(detail, "how")} (${numberOf(detail, "bytes") ?? 0} bytes)`);
    const says = `the server began a handshake for a hello ${how.join(", ")}`;
    return { verdict: "fail", says, evidence: begun.map(({ seq }) => seq), trials };
  }
  const asked = hellos.filter(({ detail }) => has(detail, "hello-verify"));
  if (!asked.some(({ detail }) => textOf(detail, "how") === "without a cookie")) {
    return {
      verdict: "inconclusive",
      says: "no hello was answered with a cookie",
      evidence: hellos.map(({ seq }) => seq),
    };
  }
  const says = `none of ${hellos.length} hellos was answered with more than a request for the cookie`;
  return { verdict: "pass", says, evidence: hellos.map(({ seq }) => seq), trials };
}
