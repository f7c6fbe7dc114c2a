import type { Ground } from "#contract/attack.ts";
import type { LabAddress } from "#contract/bench.ts";
import { plainAt } from "./access-asker.ts";

/** The listener without DTLS. Throws where there is none: an address that only answers after a handshake cannot be lied about. */
export function plainListener(ground: Pick<Ground, "at" | "listeners">): LabAddress {
  const at = plainAt(ground);
  if (at === undefined) throw new Error("the target has no listener without DTLS");
  return at;
}
