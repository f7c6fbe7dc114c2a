import type { Bench, LabAddress } from "#contract/bench.ts";
import { code, isResponse, isSuccess } from "#simulator/coap/code.ts";
import { observeField } from "#simulator/coap/fields.ts";
import { encode, type Message, messageType } from "#simulator/coap/message.ts";
import { option, optionNumber, pathOptions } from "#simulator/coap/option.ts";
import { acknowledgement, type Heard, openProbe, type Probe, type Question } from "#simulator/coap/probe.ts";

/** A notification that came in. */
export interface Notified extends Heard {
  readonly message: Message;
}

/** An observation of the lab's own, on a socket of its own, down to the single datagram. Disposing ends it (Observe 1). */
export interface RawObserver extends AsyncDisposable {
  readonly probe: Probe;
  readonly token: Uint8Array;
  /** Whether the server took it into its list: the answer succeeded and carries Observe (RFC 7641 §3.1). */
  readonly isRegistered: boolean;
  /** Size of the registration. */
  readonly askedBytes: number;
  /** Notifications in order; one that was sent again counts once. */
  notifications(): readonly Notified[];
  /** Waits until so many notifications came in all; false where time is over before. */
  until(count: number, withinMs: number): Promise<boolean>;
}

export interface RawObserverOptions {
  readonly path: string;
  /**
   * What it sends for a notification that wants an acknowledgement: nothing, as a victim that never asked, where absent.
   * `probe` is the observer's own.
   */
  readonly onNotification?: (notified: Notified, probe: Probe) => void;
  /** Local address; see owned-host.ts. */
  readonly from?: { readonly host?: string };
  /** Opens another probe than a plain one; it gets the bench whose signal ends with the observer. */
  readonly open?: (bench: Bench) => Promise<Probe>;
  readonly token?: Uint8Array;
  /** How long the answer to the registration is waited for. */
  readonly withinMs: number;
}

/** GET with Observe 0 to be put on the list, or 1 to be taken off. */
export function observeQuestion(path: string, observe: 0 | 1): Question {
  return { code: code.get, options: [option(optionNumber.observe, observe), ...pathOptions(path)] };
}

/** What an honest observer does with every notification that wants it. */
export function acknowledge({ message }: Notified, probe: Probe): void {
  if (message.type === messageType.con) probe.send(acknowledgement(message));
}

/** Registers for `path`, once; comes back also where nothing was answered, and is not registered then. */
export async function observeRaw(bench: Bench, at: LabAddress, options: RawObserverOptions): Promise<RawObserver> {
  const { path, onNotification, from, token, withinMs, open = (own) => openProbe(own, at, from) } = options;
  const over = new AbortController();
  const own: Bench = { ...bench, signal: AbortSignal.any([bench.signal, over.signal]) };
  const probe = await open(own);
  const asked = probe.message({ ...observeQuestion(path, 0), ...(token && { token }) });
  const isMine = (heard: Heard): heard is Notified => isResponseTo(asked, heard);
  const first = probe.hear(withinMs, isMine);
  probe.send(asked);
  const answer = (await first)?.message;
  if (answer?.type === messageType.con) probe.send(acknowledgement(answer));
  if (onNotification !== undefined) void listen(probe, over.signal, isMine, onNotification);
  const notifications = () => notificationsIn(probe.heard, isMine);
  return {
    probe,
    token: asked.token,
    askedBytes: encode(asked).length,
    isRegistered: answer !== undefined && isSuccess(answer.code) && observeField(answer.options) !== undefined,
    notifications,
    until: async (count, within) =>
      notifications().length >= count ||
      (await probe.hear(within, () => notifications().length >= count)) !== undefined,
    async [Symbol.asyncDispose]() {
      over.abort();
      probe.send(probe.message({ ...observeQuestion(path, 1), token: asked.token }));
      await probe[Symbol.asyncDispose]();
    },
  };
}

/** Longer than any attack lasts. */
const lastsMs = 3_600_000;

async function listen(
  probe: Probe,
  over: AbortSignal,
  isMine: (heard: Heard) => heard is Notified,
  onNotification: (notified: Notified, probe: Probe) => void,
): Promise<void> {
  let isFirst = true;
  for (let next = 0; !over.aborted; ) {
    const heard = await probe.hear(lastsMs, isMine, next);
    if (heard === undefined) return;
    next = probe.heard.indexOf(heard, next) + 1;
    if (!isMine(heard)) continue;
    if (!isFirst) onNotification(heard, probe);
    isFirst = false;
  }
}

function notificationsIn(all: readonly Heard[], isMine: (heard: Heard) => heard is Notified): readonly Notified[] {
  const [first, ...later] = all.filter(isMine);
  const seen = new Set<number>();
  return later.filter(({ message: { type, messageId } }) => {
    // The response to the registration can be separate, and then sent again like any other.
    if (type === first?.message.type && messageId === first.message.messageId) return false;
    if (seen.has(messageId)) return false;
    seen.add(messageId);
    return true;
  });
}

function isResponseTo(asked: Message, { message }: Heard): boolean {
  return message !== undefined && isResponse(message.code) && Buffer.compare(message.token, asked.token) === 0;
}
