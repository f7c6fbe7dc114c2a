import type { Bench } from "#contract/bench.ts";
import type { CallOrder } from "#contract/coap.ts";
import { code, isSuccess } from "../coap/code.ts";
import { observeField, uintField } from "../coap/fields.ts";
import { isFresher, type Notified } from "../coap/freshness.ts";
import type { Message } from "../coap/message.ts";
import { option, optionNumber, pathOptions } from "../coap/option.ts";
import type { CallerExchange } from "./caller-exchange.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";

type Rules = Pick<DeviceServerKnobs, "callerFreshness" | "callerRetries" | "callerOverload">;

/** What a device does at a server, and where what it takes for true is kept. */
export interface CallerWork {
  readonly bench: Pick<Bench, "clock" | "random">;
  readonly exchange: CallerExchange;
  readonly rules: Rules;
  readonly path: string;
  readonly isSession: boolean;
  readonly signal: AbortSignal;
  readonly take: (payload: string) => void;
}

const everyMs = 1_000;
/** Pause after a question that nobody answered, doubled with each further one up to a minute. */
const firstPauseMs = 5_000;
const longestPauseMs = 60_000;
/** Max-Age of a response that names none (RFC 7252 §5.10.5). */
const usualMaxAgeS = 60;

/** Works until the signal aborts or, in a session, until the server does not answer. */
export async function work(kind: CallOrder["does"], given: CallerWork): Promise<void> {
  let unanswered = 0;
  for (let reading = 1; !given.signal.aborted; reading += 1) {
    const once = kind === "observe" ? observe(given) : ask(given, kind, reading);
    if (given.rules.callerRetries === "constant" && kind !== "observe") {
      // The next question does not wait for this one, whatever NSTART says.
      void once;
      await given.bench.clock.sleep(everyMs, given.signal);
      continue;
    }
    const response = await once;
    if (given.signal.aborted) return;
    unanswered = response === undefined ? unanswered + 1 : 0;
    await given.bench.clock.sleep(pauseAfter(response, unanswered, given.rules), given.signal);
    if (response === undefined && given.isSession) return;
  }
}

async function ask(given: CallerWork, kind: "read" | "report", reading: number): Promise<Message | undefined> {
  const options = pathOptions(given.path);
  const response = await given.exchange.ask(
    kind === "read" ? { code: code.get, options } : { code: code.put, options, payload: String(reading) },
  );
  if (response !== undefined) takeGood(response, given);
  return response;
}

/** Registers, and listens for as long as the server is heard; resolves with the last that was heard of it. */
async function observe(given: CallerWork): Promise<Message | undefined> {
  const over = new AbortController();
  const states = new ObservedStates(given);
  const options = [...pathOptions(given.path), option(optionNumber.observe, 0)];
  const onFurther = (response: Message) => states.hear(response);
  const first = await given.exchange.ask({ code: code.get, options, further: { on: onFurther, until: over.signal } });
  if (first !== undefined && !given.signal.aborted) {
    states.hear(first);
    await states.silence();
  }
  over.abort();
  return states.last;
}

/** What an observing device has heard of the state. */
class ObservedStates {
  readonly #given: CallerWork;
  #newest: Notified | undefined;
  #renewed = new AbortController();
  last: Message | undefined;

  constructor(given: CallerWork) {
    this.#given = given;
  }

  hear(response: Message): void {
    const sequence = observeField(response.options);
    const next = { sequence: sequence ?? 0, atMs: this.#given.bench.clock.nowMs() };
    const isStale = this.#newest !== undefined && sequence !== undefined && !isFresher(this.#newest, next);
    if (isStale && this.#given.rules.callerFreshness === "checked") return;
    this.#newest = next;
    this.last = response;
    this.#renewed.abort();
    takeGood(response, this.#given);
  }

  /** Resolves when nothing has come for longer than the last state was good for (RFC 7641 §3.3.1), or nothing more will. */
  async silence(): Promise<void> {
    const { bench, signal } = this.#given;
    for (;;) {
      const { last } = this;
      if (last === undefined || observeField(last.options) === undefined || signal.aborted) return;
      this.#renewed = new AbortController();
      await bench.clock.sleep(silenceMs(last, this.#given), AbortSignal.any([this.#renewed.signal, signal]));
      if (!this.#renewed.signal.aborted) return;
    }
  }
}

/** Max-Age and 5 to 15 s more, so that not all observers come back at once. */
function silenceMs({ options }: Message, { bench }: CallerWork): number {
  const maxAgeS = uintField(options, optionNumber.maxAge) ?? usualMaxAgeS;
  return maxAgeS * 1_000 + 5_000 + bench.random.next() * 10_000;
}

function takeGood(response: Message, { take }: CallerWork): void {
  if (isSuccess(response.code) && response.payload.length > 0) take(Buffer.from(response.payload).toString());
}

function pauseAfter(response: Message | undefined, unanswered: number, rules: Rules): number {
  if (response === undefined) {
    return rules.callerRetries === "constant"
      ? everyMs
      : Math.min(firstPauseMs * 2 ** (unanswered - 1), longestPauseMs);
  }
  // RFC 7252 §5.9.3.4, RFC 8516 §3: Max-Age says when to come again.
  const isOverloaded = response.code === code.serviceUnavailable || response.code === code.tooManyRequests;
  if (!isOverloaded || rules.callerOverload === "ignores") return everyMs;
  return Math.max(everyMs, (uintField(response.options, optionNumber.maxAge) ?? usualMaxAgeS) * 1_000);
}
