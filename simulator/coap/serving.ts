import type { Peer } from "../udp/datagram.ts";
import type { Option } from "./option.ts";

/** A request as a resource sees it: its body is whole, whatever blocks it came in. */
export interface CoapRequest {
  /** Who asks; `identity` where it came through DTLS. */
  readonly peer: Peer;
  readonly code: number;
  /** Uri-Path, segment by segment, as it came: nothing is joined, split, decoded or normalised. */
  readonly path: readonly string[];
  /** Uri-Query, part by part. */
  readonly query: readonly string[];
  readonly options: readonly Option[];
  readonly payload: Buffer;
  readonly isMulticast: boolean;
  /** True where the peer has shown by an Echo option (RFC 9175) that it receives what is sent to its address, or has a DTLS session. */
  readonly isAddressProven: boolean;
}

/** What a resource answers. */
export interface CoapResponse {
  readonly code: number;
  /** Block, Observe and ETag options come from the engine. */
  readonly options?: readonly Option[];
  readonly payload?: Uint8Array | string;
  /** Answer with an empty ACK at once and with this as a separate response after so many milliseconds. */
  readonly separateAfterMs?: number;
}

/** Answers requests; undefined answers nothing at all. A throw becomes 5.00. */
export type CoapHandler = (request: CoapRequest) => CoapResponse | undefined | Promise<CoapResponse | undefined>;

/**
 * How a CoAP server speaks. Every member names the hardened choice first; the other one is the weakness that it is there
 * to show. Numbers of 0 mean without a limit.
 */
export interface CoapServerKnobs {
  /** Junk, unknown versions, reserved lengths, unknown critical options and the like are treated as RFC 7252 demands, or answered as if all were well. */
  readonly messageParsing: "strict" | "lenient";
  /** Datagrams that are no CoAP of version 1 are not answered, or are answered with 5.00 and a text. */
  readonly foreignDatagrams: "silent" | "answered";
  /** A CON that comes again within EXCHANGE_LIFETIME (247 s) gets the stored answer, or is carried out again (§4.5). */
  readonly deduplication: "on" | "off";
  /** Message ids that are remembered for one peer, and for all. */
  readonly maxRememberedIds: number;
  /** Whether an unsafe request (PUT, POST, DELETE, PATCH) outside DTLS has to bring a fresh Echo (RFC 9175 §2.4); asked for with 4.01. */
  readonly freshness: "echo" | "none";
  /** To an address that is not proven, answers of more than three times the request are cut to small blocks (`bounded`), or sent whole. */
  readonly firstResponse: "bounded" | "whole";
  /** Requests of one address in a second that are answered. */
  readonly maxRequestsPerSecond: number;
  /** Observers: in all, and of one peer. */
  readonly maxObservers: number;
  readonly maxObserversPerPeer: number;
  /** Whether an observer that acknowledges nothing is dropped after a few notifications, or is sent NON notifications for ever. */
  readonly silentObservers: "dropped" | "kept";
  /** What an observation belongs to (RFC 7641 §4.1). */
  readonly observerKey: "endpoint-and-token" | "token";
  /** Whether a RST or ACK counts only from the endpoint that the message went to (RFC 7252 §4.2). */
  readonly resetMatching: "endpoint" | "message-id";
  /** Message ids of what the server sends. */
  readonly messageIds: "random" | "sequential";
  /** At most one notification under way to an observer, newer states replacing older ones, or one for every change (RFC 7641 §4.5). */
  readonly notifications: "limited" | "every-change";
  /** Separate responses that are pending at once; more requests get 5.03. */
  readonly maxPendingSeparate: number;
  /** Block-wise uploads that are open at once, and the longest body, bytes. */
  readonly maxUploads: number;
  readonly maxBodyBytes: number;
  /** Milliseconds after which an upload that does not go on is forgotten. */
  readonly uploadTimeoutMs: number;
  /** Whether blocks of an upload must come in order and of one size (4.08 else), or are put together as they come. */
  readonly blockOrder: "strict" | "lenient";
  /** What an upload belongs to: endpoint, path and Request-Tag (RFC 9175 §3), or the path alone, so that two bodies mix. */
  readonly uploadKey: "endpoint-and-tag" | "path";
  /** Whether access is checked for every block of a representation, or only for the first. */
  readonly blockAccess: "every-block" | "first-block";
  /** What multicast requests get (RFC 7252 §8): no RST, no errors, an answer spread over Leisure; or all at once like any other. */
  readonly multicast: "careful" | "careless";
}
