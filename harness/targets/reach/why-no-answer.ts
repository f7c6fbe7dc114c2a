import type { Bench, LabAddress, Wire } from "#contract/bench.ts";
import { LabError, Refused } from "#contract/errors.ts";
import { connect } from "#simulator/mqtt/client.ts";

/** Looking whether somebody is there proves nothing about the target, so it is not kept as evidence. */
const unkept: Wire = {
  open: () => ({ reference: { file: "not kept", stream: 0 }, sent() {}, received() {}, closed() {} }),
};

/**
 * Connects once without credentials, and returns why nothing answered, or undefined where something did: a refusal is
 * an answer, too.
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
    const session = await connect({ ...bench, wire: unkept }, at, { clientId: "seatrial-knocks" }, { withinMs });
    await session[Symbol.asyncDispose]();
    return undefined;
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    if (cause instanceof Refused && (counts === "anything" || cause.code.startsWith("CONNACK"))) return undefined;
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}
