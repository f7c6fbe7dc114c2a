/** One datagram with a request; equal ids are transmissions of one message. */
export interface Transmission {
  readonly id: string;
  readonly atMs: number;
}

/** RFC 7252 §4.8 and §4.8.1: what no sender may go below, or beyond, whatever its parameters are. */
const leastGapMs = 1_000;
const ackTimeoutMs = 2_000;
const mostTransmissions = 5;
/** Gaps double; less than this is no doubling, however late a timer may be. */
const leastGrowth = 1.5;

/** The times between the transmissions of the message that was sent first. */
export function gapsOf(sent: readonly Transmission[]): readonly number[] {
  const [first] = sent;
  return gapsBetween(sent.filter(({ id }) => id === first?.id));
}

/** Against what rule of RFC 7252 §4.2, §4.7 requests went out that nobody answered, in words; undefined where none is seen. */
export function breachIn(sent: readonly Transmission[]): string | undefined {
  const messages = [...Map.groupBy(sent, ({ id }) => id).values()];
  return messages.map(breachInOne).find((said) => said !== undefined) ?? breachBetween(messages);
}

function breachInOne(sent: readonly Transmission[]): string | undefined {
  const gaps = gapsBetween(sent);
  const early = gaps.find((gap) => gap < leastGapMs);
  if (early !== undefined) return `a request was sent again after ${early} ms`;
  const flat = gaps.findIndex((gap, at) => at > 0 && gap < (gaps[at - 1] ?? 0) * leastGrowth);
  if (flat > 0)
    return `the wait before a repetition went from ${gaps[flat - 1]} to ${gaps[flat]} ms instead of doubling`;
  if (sent.length > mostTransmissions) return `one request was sent ${sent.length} times`;
  return undefined;
}

/** NSTART is 1: before the next request, the first has to be answered, or given up after a while. */
function breachBetween(messages: readonly (readonly Transmission[])[]): string | undefined {
  for (const [at, message] of messages.entries()) {
    const next = messages[at + 1]?.[0];
    const last = message.at(-1);
    if (next === undefined || last === undefined) continue;
    const afterMs = next.atMs - (message.findLast(({ atMs }) => atMs <= next.atMs)?.atMs ?? next.atMs);
    if (last.atMs > next.atMs) return "a second request went out while the first was still being repeated";
    if (afterMs < ackTimeoutMs)
      return `a second request went out ${afterMs} ms after the first, which nobody had answered`;
  }
  return undefined;
}

function gapsBetween(sent: readonly Transmission[]): readonly number[] {
  return sent.slice(1).map(({ atMs }, at) => atMs - (sent[at]?.atMs ?? atMs));
}
