import type { Bench, LabAddress } from "#contract/bench.ts";
import { LabError, Refused } from "#contract/errors.ts";
import { connect } from "#simulator/mqtt/client.ts";
import { askCoap } from "./ask-coap.ts";
import { askCoapOverTcp } from "./ask-coap-over-tcp.ts";
import { askDtls } from "./ask-dtls.ts";
import { unkept } from "./unkept-wire.ts";

/**
 * Connects once without credentials, or asks once where CoAP is spoken, and returns why nothing answered, or undefined
 * where something did: a refusal is an answer, too.
 * @param counts `connack` where something else accepts and closes connections for a broker that is not there yet, as
 * Docker's proxy does; a closed connection is no answer then.
 */
export async function whyNoAnswer(
  bench: Bench,
  at: LabAddress,
  withinMs: number,
  counts: "anything" | "connack" = "anything",
): Promise<Error | undefined> {
  try {
    await askOnce({ ...bench, wire: unkept }, at, withinMs);
    return undefined;
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    if (cause instanceof Refused && (counts === "anything" || cause.code.startsWith("CONNACK"))) return undefined;
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

/** Resolves when something answered, throws Refused when it said no, and anything else when nothing came. */
async function askOnce(bench: Bench, at: LabAddress, withinMs: number): Promise<void> {
  if (at.scheme === "coap") return askCoap(bench, at, withinMs);
  if (at.scheme === "coap+tcp") return askCoapOverTcp(bench, at, withinMs);
  if (at.scheme === "coaps") return askDtls(bench, at, withinMs);
  const session = await connect(bench, at, { clientId: "seatrial-knocks" }, { withinMs });
  await session[Symbol.asyncDispose]();
}
