import { type Alert, readAlert } from "./alert.ts";
import { handshakeType, readFragments } from "./handshake-message.ts";
import { readPskName } from "./psk-exchange.ts";
import { contentType, type DtlsRecord, readRecords } from "./record.ts";
import { readHelloVerifyRequest, readServerHello, type ServerHello } from "./server-hello.ts";

/** What a server's datagram holds, as far as it can be read without keys. */
export type HeardPart =
  | { readonly kind: "hello-verify"; readonly cookie: Buffer; readonly sequence: number }
  | { readonly kind: "server-hello"; readonly hello: ServerHello; readonly sequence: number }
  | { readonly kind: "server-key-exchange"; readonly hint: string }
  | { readonly kind: "server-hello-done" }
  /** Any other message of the handshake, or a piece of one, in clear. */
  | { readonly kind: "handshake"; readonly type: number }
  /** In clear. */
  | { readonly kind: "alert"; readonly alert: Alert }
  | { readonly kind: "change-cipher-spec" }
  /** A record of a protected epoch, or one in clear that says nothing known. */
  | { readonly kind: "record"; readonly record: DtlsRecord };

/** The parts of a datagram, in order; empty where it is no DTLS at all. Never throws. */
export function partsOf(datagram: Buffer): readonly HeardPart[] {
  return readRecords(datagram).flatMap((record) => partsOfRecord(record));
}

function partsOfRecord(record: DtlsRecord): readonly HeardPart[] {
  if (record.epoch !== 0) return [{ kind: "record", record }];
  if (record.type === contentType.changeCipherSpec) return [{ kind: "change-cipher-spec" }];
  const said = record.type === contentType.alert ? readAlert(record.fragment) : undefined;
  if (said !== undefined) return [{ kind: "alert", alert: said }];
  const fragments = record.type === contentType.handshake ? readFragments(record.fragment) : [];
  if (fragments.length === 0) return [{ kind: "record", record }];
  return fragments.map(({ type, bytes, length, sequence }) =>
    bytes.length === length ? messageOf(type, bytes, sequence) : { kind: "handshake", type },
  );
}

function messageOf(type: number, body: Buffer, sequence: number): HeardPart {
  if (type === handshakeType.serverHelloDone) return { kind: "server-hello-done" };
  if (type === handshakeType.helloVerifyRequest) {
    const request = readHelloVerifyRequest(body);
    if (request !== undefined) return { kind: "hello-verify", cookie: request.cookie, sequence };
  }
  if (type === handshakeType.serverHello) {
    const hello = readServerHello(body);
    if (hello !== undefined) return { kind: "server-hello", hello, sequence };
  }
  if (type === handshakeType.serverKeyExchange) {
    const hint = readPskName(body);
    if (hint !== undefined) return { kind: "server-key-exchange", hint: hint.toString() };
  }
  return { kind: "handshake", type };
}
