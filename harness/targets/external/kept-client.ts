import type { Bench, LabAddress } from "#contract/bench.ts";

/**
 * Asks once with node-coap-client, which is not ours: where it gets an answer, so do others. Resolves with any answer,
 * and throws where none comes in time. Nothing of it is left when this ends.
 */
export async function askWithKeptClient(
  { clock, signal }: Pick<Bench, "clock" | "signal">,
  { host, port }: LabAddress,
  withinMs: number,
): Promise<void> {
  // Only who has a CoAP server of their own pays for loading it.
  const { CoapClient } = await import("node-coap-client");
  const url = new URL(`coap://${host.includes(":") ? `[${host}]` : host}:${port}/.well-known/core`);
  const over = new AbortController();
  const late = clock.sleep(withinMs, AbortSignal.any([signal, over.signal])).then(() => new Error("no answer in time"));
  // Its promises are rejected with words instead of errors, also by the reset below.
  const answered = CoapClient.request(url, "get", undefined, { keepAlive: true, retransmit: true }).then(
    () => undefined,
    (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))),
  );
  try {
    const why = await Promise.race([answered, late]);
    if (why !== undefined) throw why;
  } finally {
    over.abort();
    // It keeps sockets and retransmissions in one place for the whole process; they would keep that from ending.
    CoapClient.reset(url.hostname);
    await answered;
  }
}
