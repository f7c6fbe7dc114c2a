import type { LabAddress } from "./bench.ts";
import type { Identity } from "./identity.ts";

/**
 * Resources of a CoAP server by what a test may use them for. Paths as in a URI, query allowed, without the first slash:
 * `devices/victim/command`, `async?3`. A member is absent where nobody knows such a resource; what only reads is then
 * found by `/.well-known/core`, what changes something is not tested.
 */
export interface CoapResources {
  /** Whoever asks may read it; small. */
  readonly open?: string;
  /** Only authorised clients may read these. */
  readonly sensitive: readonly string[];
  /** An actuator: PUT sets its text, GET returns it; only authorised clients may set it. Changes notify its observers. */
  readonly actuator?: string;
  /** POST adds one, GET returns the number as text. */
  readonly counter?: string;
  /** New resources come to be where a PUT goes to a path below this one. */
  readonly creatable?: string;
  /** Observable, and changes by itself at least every two seconds. */
  readonly ticking?: string;
  /** Its representation is longer than 1,024 bytes, so that it is read block by block. */
  readonly large?: string;
  /** Takes a body by PUT, block by block, and returns it by GET. */
  readonly upload?: string;
  /** Is answered some seconds later, by a separate response. */
  readonly slow?: string;
  /** Registration resource of a resource directory (RFC 9176). */
  readonly directory?: string;
  /** Its lookup resources, for endpoints and for resources. */
  readonly lookup?: { readonly endpoints?: string; readonly resources?: string };
  /** Multicast group that it has joined, and the port there. */
  readonly group?: { readonly host: string; readonly port: number };
  /** True where it has the objects of LwM2M (`/0`, `/1`, `/3`, `/5`) as paths. */
  readonly lwm2m?: true;
}

/** What a device under test is to do at a server. */
export interface CallOrder {
  /** The server to call: one that an attack has opened, or a link that leads to one. */
  readonly at: LabAddress;
  /** With coaps: who it is, with `username` as PSK identity and `password` as key; its own credentials where absent. */
  readonly as?: Identity;
  /** GET once a second, GET with Observe, or PUT of a reading once a second, all confirmable. */
  readonly does: "read" | "observe" | "report";
  /** Path at that server, without the first slash. */
  readonly path: string;
}

/** A device under test while it calls; disposing ends it. */
export interface Calling extends AsyncDisposable {
  /** Payloads that it took for genuine and current, in order. */
  taken(): readonly string[];
}

/** A device that calls servers: what an attack that plays the server, or stands on the path, works on. */
export interface Caller {
  /** What it is: `coap-client 4.3.1`, `simulated`. */
  readonly product: string;
  /** Begins to call. Throws a LabError where the device cannot be started. */
  call(order: CallOrder): Promise<Calling>;
}
