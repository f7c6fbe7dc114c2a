import type { Ground } from "#contract/attack.ts";
import type { Bench, Trace } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import { needed } from "#contract/needed.ts";
import { code } from "#simulator/coap/code.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { type Probe, probeOver } from "#simulator/coap/probe.ts";
import { openRawSession, type RawSession } from "#simulator/dtls/dtls-probe.ts";
import type { DtlsVersion } from "#simulator/dtls/version.ts";
import { secureListener } from "./dtls-life.ts";
import { honestPath } from "./serving.ts";

/** What a client offers in its hello. */
export interface SessionOffer {
  readonly version?: DtlsVersion;
  readonly suites: readonly number[];
}

/**
 * Opens a session as somebody, by the password as key unless another is given. Throws Refused on an alert, Error where
 * nothing certain was heard.
 */
export function sessionAs(
  bench: Bench,
  ground: Ground,
  who: Identity | undefined,
  given: {
    readonly withinMs: number;
    readonly key?: string;
    /** Local address; see owned-host.ts. */
    readonly from?: { readonly host?: string };
    readonly offer?: SessionOffer;
  },
): Promise<RawSession> {
  const { clientId, username = clientId, password = "" } = needed(who);
  const { key = password, withinMs, from, offer } = given;
  const options = { identity: username, key: Buffer.from(key), withinMs, ...offer };
  return openRawSession(bench, secureListener(ground), options, from);
}

/** A probe inside the session; what it has heard are the messages that came out of it. */
export function probeIn(bench: Bench, { session, reference }: RawSession): Probe {
  return probeOver(bench, session, session.peer, reference);
}

/**
 * Asks in the session for what anybody may read, once more where nothing came; whether anything answered. An error is an
 * answer, too.
 */
export async function isAnswered(ground: Ground, probe: Probe, withinMs: number): Promise<boolean> {
  const question = { code: code.get, options: pathOptions(honestPath(ground)) };
  return ((await probe.ask(question, withinMs / 2)) ?? (await probe.ask(question, withinMs / 2))) !== undefined;
}

/** Opens a session and asks in it; the name of its suite. Throws as {@link sessionAs}, and where no answer came in it. */
export async function answeredIn(
  bench: Bench,
  ground: Ground,
  who: Identity | undefined,
  given: Parameters<typeof sessionAs>[3],
  trace: Trace,
): Promise<string> {
  await using raw = await sessionAs(bench, ground, who, given);
  trace.wire(raw.reference);
  const { name } = raw.session.suite;
  if (!(await isAnswered(ground, probeIn(bench, raw), given.withinMs))) {
    throw new Error(`a session with ${name} was opened, but nothing was answered in it`);
  }
  return name;
}
