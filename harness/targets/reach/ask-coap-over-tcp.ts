import { connect, type Socket } from "node:net";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { encodeFrame, FrameReader, isFrame, signalCode } from "#simulator/coap/tcp-framing.ts";

const nothing = new Uint8Array(0);

/** Says what it can do, as both sides must first (RFC 8323 §5.3), and waits for the same. Throws where that does not come. */
export async function askCoapOverTcp(
  { clock, signal }: Pick<Bench, "clock" | "signal">,
  { host, port }: LabAddress,
  withinMs: number,
): Promise<void> {
  const over = new AbortController();
  const socket = connect({ host, port });
  try {
    const late = clock.sleep(withinMs, AbortSignal.any([signal, over.signal])).then(() => {
      throw new Error(`no CSM within ${withinMs} ms`);
    });
    await Promise.race([capabilitiesFrom(socket), late]);
  } finally {
    over.abort();
    socket.destroy();
  }
}

function capabilitiesFrom(socket: Socket): Promise<void> {
  const reader = new FrameReader(0);
  return new Promise((resolve, reject) => {
    socket.once("connect", () =>
      socket.write(encodeFrame({ code: signalCode.csm, token: nothing, options: [], payload: nothing })),
    );
    socket.on("data", (bytes) => {
      if (reader.feed(bytes).some((read) => isFrame(read) && read.code === signalCode.csm)) resolve();
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed before a CSM came")));
  });
}
