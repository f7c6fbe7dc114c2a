import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import type { Bench } from "#contract/bench.ts";
import type { Peer } from "../udp/datagram.ts";
import type { HelloStart } from "./client-hello.ts";

/** How long a cookie is good at least; at most twice as long. */
const periodMs = 60_000;
/** 16 bytes are enough of an HMAC here, and keep the answer shorter than any hello. */
const cookieBytes = 16;

/** Makes and checks cookies without keeping anything about who asked (RFC 6347 §4.2.1). */
export interface Cookies {
  of(peer: Peer, hello: HelloStart): Buffer;
  isGood(peer: Peer, hello: HelloStart): boolean;
}

/** Cookies are an HMAC over the time, the client's address and port, and what its hello begins with. */
export function cookies({ clock, random }: Pick<Bench, "clock" | "random">): Cookies {
  const secret = createSecretKey(Buffer.from(random.hex(32), "hex"));
  const make = (period: number, { host, port }: Peer, hello: HelloStart): Buffer =>
    createHmac("sha256", secret)
      .update(`${period} ${host} ${port} ${hello.version} `)
      .update(hello.random)
      .update(hello.sessionId)
      .digest()
      .subarray(0, cookieBytes);
  const now = () => Math.floor(clock.nowMs() / periodMs);
  return {
    of: (peer, hello) => make(now(), peer, hello),
    isGood(peer, hello) {
      if (hello.cookie.length !== cookieBytes) return false;
      return [now(), now() - 1].some((period) => timingSafeEqual(make(period, peer, hello), hello.cookie));
    },
  };
}
