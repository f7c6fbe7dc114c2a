import type { Wire } from "#contract/bench.ts";

/** Looking whether somebody is there proves nothing about the target, so it is not kept as evidence. */
export const unkept: Wire = {
  open: () => ({ reference: { file: "not kept", stream: 0 }, sent() {}, received() {}, closed() {} }),
};
