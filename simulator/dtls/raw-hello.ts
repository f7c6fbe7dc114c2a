import type { Bench } from "#contract/bench.ts";
import { strongSuites } from "./cipher-suite.ts";
import { type ClientHello, randomBytes, writeClientHello } from "./client-hello.ts";
import { extensionType, renegotiationSuite } from "./extension.ts";
import { fragmentsOf, handshakeType, writeFragment } from "./handshake-message.ts";
import { contentType, writeRecord } from "./record.ts";
import { dtlsVersion } from "./version.ts";

/** A hello as an honest client of this engine would send it, but for what is given. */
export function rawHello(random: Bench["random"], given: Partial<ClientHello> = {}): ClientHello {
  const none = Buffer.alloc(0);
  return {
    version: dtlsVersion["1.2"],
    random: Buffer.from(random.hex(randomBytes), "hex"),
    sessionId: none,
    cookie: none,
    suites: [...strongSuites, renegotiationSuite],
    compressions: Buffer.of(0),
    extensions: [{ type: extensionType.extendedMasterSecret, content: none }],
    ...given,
  };
}

/** How a hello is put into datagrams. */
export interface HelloNumbers {
  /** `message_seq`: 0 for the first hello, 1 for the one with the cookie, unless told otherwise. */
  readonly message?: number;
  /** Sequence number of the first record; the message's number unless told otherwise. */
  readonly record?: number;
  /** Epoch that the records claim; 0 unless told otherwise. */
  readonly epoch?: number;
  /** Bytes of the body in each datagram; all in one unless told otherwise. */
  readonly fragmentBytes?: number;
}

/** The datagrams of a hello, one for each fragment. */
export function helloDatagrams(hello: ClientHello, numbers: HelloNumbers = {}): readonly Buffer[] {
  const { message = hello.cookie.length > 0 ? 1 : 0, epoch = 0 } = numbers;
  const { record = message, fragmentBytes = Number.POSITIVE_INFINITY } = numbers;
  const body = writeClientHello(hello);
  const size = Math.min(fragmentBytes, body.length);
  const fragments = fragmentsOf({ type: handshakeType.clientHello, sequence: message, body }, size);
  return fragments.map((fragment, at) => {
    const header = { type: contentType.handshake, version: dtlsVersion["1.0"], epoch, sequence: record + at };
    return writeRecord(header, writeFragment(fragment));
  });
}
