import type { Ground } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { code, isRequest } from "#simulator/coap/code.ts";
import { decode, encode, isMessage, type Message, messageType } from "#simulator/coap/message.ts";
import { type DatagramPort, isSamePeer, type Peer } from "#simulator/udp/datagram.ts";
import { type RecordedPort, recordedPort } from "#simulator/udp/recorded-port.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";

/** A request that a device sent to a server of ours; a repetition is one more. */
export interface Asked {
  readonly message: Message;
  readonly from: Peer;
  readonly atMs: number;
}

/** What a {@link OwnServer} says to a request; what is not given is as an honest server says it. */
export type Saying = Partial<Message>;

/** A server of an attack for a device to call: it keeps what is asked, and says only what it is told to. */
export interface OwnServer extends AsyncDisposable {
  readonly local: Peer;
  readonly asked: readonly Asked[];
  /** Waits until that is so, looking at each request; false where it is not in time. */
  until(isSo: () => boolean, withinMs: number): Promise<boolean>;
  /** Tells of each request from now on. */
  onAsked(listener: (asked: Asked) => void): void;
  /** By default a piggybacked 2.05 with the token of the request. */
  answer(asked: Asked, saying: Saying): void;
}

/** A socket on loopback, where devices under test are; its datagrams are kept. @param port a free one where it is 0. */
export async function openOwnPort(bench: Bench, port = 0): Promise<RecordedPort> {
  return recordedPort(await openUdpPort({ host: "127.0.0.1", port }), bench.wire);
}

/** Serves on a socket of {@link openOwnPort}, or on the sessions of a DTLS server on top of one. */
export function ownServerOn({ clock, signal }: Bench, port: DatagramPort): OwnServer {
  const asked: Asked[] = [];
  const listeners = new Set<(one: Asked) => void>();
  port.hear((bytes, from) => {
    const message = decode(bytes);
    if (!isMessage(message) || !isRequest(message.code)) return;
    const one = { message, from, atMs: clock.nowMs() };
    asked.push(one);
    for (const listener of listeners) listener(one);
  });
  return {
    local: port.local,
    asked,
    onAsked: (listener) => void listeners.add(listener),
    async until(isSo, withinMs) {
      if (isSo()) return true;
      const over = new AbortController();
      const look = () => isSo() && over.abort();
      listeners.add(look);
      await clock.sleep(withinMs, AbortSignal.any([signal, over.signal]));
      listeners.delete(look);
      return isSo();
    },
    answer: ({ message, from }, saying) => port.send(encode({ ...replyTo(message), ...saying }), from),
    [Symbol.asyncDispose]: () => port.close(),
  };
}

/** What an honest server says, but for its payload. */
export function replyTo({ messageId, token }: Message): Message {
  return { type: messageType.ack, code: code.content, messageId, token, options: [], payload: Buffer.alloc(0) };
}

/** Whether one request is the other once more. */
export function isRepetition(one: Asked, other: Asked): boolean {
  return one.message.messageId === other.message.messageId && isSamePeer(one.from, other.from);
}

/** An address of ours in the shape that a device takes. Throws where the device under test is not on this machine. */
export function ownAddress(
  { at }: Pick<Ground, "at">,
  { host, port }: Peer,
  scheme: "coap" | "coaps" = "coap",
): LabAddress {
  if (!at.host.startsWith("127."))
    throw new Error("the device under test is not on this machine, and would not find us");
  return { ...at, host, port, scheme };
}
