import { createSocket } from "node:dgram";
import type { Bench } from "#contract/bench.ts";
import { code } from "#simulator/coap/code.ts";
import { encode, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";

/** Members spread their answers over DEFAULT_LEISURE (RFC 7252 §8.2), 5 s. */
const leisureMs = 6_000;

/** Asks the members of a group on the loopback interface for their resources, and waits for the first answer. Throws where none comes. */
export async function askCoapGroup(
  { random, clock, signal }: Pick<Bench, "random" | "clock" | "signal">,
  group: { readonly host: string; readonly port: number },
): Promise<void> {
  const over = new AbortController();
  const socket = createSocket("udp4");
  const answered = new Promise<void>((resolve, reject) => {
    socket.once("message", () => resolve());
    socket.once("error", reject);
  });
  socket.bind(0, "127.0.0.1", () => {
    // Without this the datagram would leave by the default route.
    socket.setMulticastInterface("127.0.0.1");
    socket.send(question(random.integer(0, 0x10000), Buffer.from(random.hex(4), "hex")), group.port, group.host);
  });
  try {
    const late = clock.sleep(leisureMs, AbortSignal.any([signal, over.signal])).then(() => {
      throw new Error(`no member of ${group.host} answered within ${leisureMs} ms`);
    });
    await Promise.race([answered, late]);
  } finally {
    over.abort();
    socket.close();
  }
}

function question(messageId: number, token: Buffer): Buffer {
  const options = pathOptions(".well-known/core");
  return encode({ type: messageType.non, code: code.get, messageId, token, options, payload: Buffer.alloc(0) });
}
