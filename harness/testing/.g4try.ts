import { spawn } from "node:child_process";
import type { Attack, Ground } from "#contract/attack.ts";
import { topicsBelow } from "#contract/identity.ts";
import { embeddedCoap } from "#targets/embedded-coap.ts";
import { localCoapClient } from "#targets/local-coap-client.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { startLibcoap } from "#testing/libcoap.ts";
import { dtlsHello } from "#attacks/coap/dtls-hello.ts";
import { dtlsSuites } from "#attacks/coap/dtls-suites.ts";
import { dtlsRecords } from "#attacks/coap/dtls-records.ts";
import { dtlsSessions } from "#attacks/coap/dtls-sessions.ts";
import { pskGuessing } from "#attacks/coap/psk-guessing.ts";
import { responseInjection } from "#attacks/coap/response-injection.ts";
import { callerTokens } from "#attacks/coap/caller-tokens.ts";
import { staleNotifications } from "#attacks/coap/stale-notifications.ts";
import { retransmission } from "#attacks/coap/retransmission.ts";
import { overloadHints } from "#attacks/coap/overload-hints.ts";
import { downgrade } from "#attacks/coap/downgrade.ts";

const dtls: readonly Attack[] = [dtlsHello, dtlsSuites, dtlsRecords, dtlsSessions, pskGuessing];
const device: readonly Attack[] = [responseInjection, callerTokens, staleNotifications, retransmission, overloadHints, downgrade];

async function show(attack: Attack, ground: Ground) {
  const t = performance.now();
  const record = await launchAlone(attack, ground);
  const ms = Math.round(performance.now() - t);
  for (const c of attack.checks) { const a = c.judge(record); console.log(`  ${c.id}: ${a.verdict} [${ms} ms] ${a.says}`); }
  if (process.env.VERBOSE) for (const o of record.history) console.log("    ", JSON.stringify(o).slice(0, 300));
}
const which = process.argv[2];
const only = process.argv[3];
const pick = (l: readonly Attack[]) => l.filter((a) => !only || a.id.includes(only));
if (which === "openssl" || which === "gnutls") {
  await using server = await startLibcoap({ program: `coap-server-${which}`, args: ["-k", "secretPSK"] });
  const d = (clientId: string) => ({ clientId, username: clientId, password: "secretPSK", topics: topicsBelow(`devices/${clientId}`) });
  const ground: Ground = { at: loopback(server.port, "coap"), listeners: [loopback(server.port + 1, "coaps")], identities: { operator: d("operator"), intruder: d("intruder"), victim: d("victim"), devices: [] }, facts: { id: "x", product: "x", fidelity: "emulated" }, resources: { open: "time", sensitive: [] } };
  for (const a of pick(dtls)) await show(a, ground);
} else {
  const target = which === "client" ? localCoapClient : embeddedCoap;
  await using t = await target.start(benchOf([], { clock: realClock() }), async ({ scheme, port, ...more }) => loopback(port, scheme, more), { posture: which === "weak" ? "weak" : "hardened", knobs: {}, devices: 1, lease: () => {}, environment: {} });
  const secure = t.address("coaps");
  const ground: Ground = { at: t.main, listeners: secure ? [secure] : [], identities: t.identities, facts: t.facts, ...(t.resources && { resources: t.resources }), ...(t.caller && { caller: t.caller }) };
  for (const a of pick(which === "client" ? device : [...dtls, ...device])) await show(a, ground);
}
