import type { Peer } from "../udp/datagram.ts";
import type { Option } from "./option.ts";

/** A request of any size. */
export interface CoapAsk {
  readonly to: Peer;
  readonly code: number;
  /** Without the first slash; may end in a query: `devices/a?x=1`. */
  readonly path: string;
  readonly query?: readonly string[];
  readonly options?: readonly Option[];
  readonly payload?: Uint8Array | string;
  /** True unless told otherwise. */
  readonly confirmable?: boolean;
  /** For the whole request, with all its blocks, milliseconds. */
  readonly withinMs: number;
}
