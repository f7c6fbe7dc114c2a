import type { Ground } from "#contract/attack.ts";
import type { Bench, Trace } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import { code } from "#simulator/coap/code.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { probeOver } from "#simulator/coap/probe.ts";
import { openRawSession, type RawSession } from "#simulator/dtls/dtls-probe.ts";
import type { DtlsVersion } from "#simulator/dtls/version.ts";
import { secureListener } from "./dtls-life.ts";
import { needed } from "./needed.ts";
import { honestPath } from "./serving.ts";

/** What a client offers in its hello; what an honest one offers where a member is absent. */
export interface SessionOffer {
  readonly version?: DtlsVersion;
  readonly suites: readonly number[];
}

/** Opens a session as somebody; throws Refused on an alert, Error where nothing certain was heard. */
export function sessionAs(
  bench: Bench,
  ground: Ground,
  who: Identity | undefined,
  given: {
    readonly withinMs: number;
    readonly key?: string;
    readonly identity?: string;
    readonly from?: { readonly host?: string };
    readonly offer?: SessionOffer;
  },
): Promise<RawSession> {
  const { clientId, username = clientId, password = "" } = needed(who);
  const { key = password, identity = username, withinMs, from, offer } = given;
  const options = { identity, key: Buffer.from(key), withinMs, ...offer };
  return openRawSession(bench, secureListener(ground), options, from);
}

/** Asks in the session for what anybody may read; whether anything answered. An error is an answer, too. */
export async function isAnswered(bench: Bench, ground: Ground, { session, reference }: RawSession, withinMs: number) {
  const probe = probeOver(bench, session, session.peer, reference);
  const question = { code: code.get, options: pathOptions(honestPath(ground)) };
  return (await probe.ask(question, withinMs)) !== undefined;
}

/** Opens a session with this offer and asks in it; the name of its suite. Throws where no answer came in it. */
export async function answeredIn(
  bench: Bench,
  ground: Ground,
  who: Identity | undefined,
  offer: SessionOffer,
  withinMs: number,
  trace: Trace,
): Promise<string> {
  await using raw = await sessionAs(bench, ground, who, { withinMs, offer });
  trace.wire(raw.reference);
  if (!(await isAnswered(bench, ground, raw, withinMs))) throw new Error("the session was not answered in");
  return raw.session.suite.name;
}
