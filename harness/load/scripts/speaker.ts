import { chanceOf } from "./chance.ts";
import { HonestClient } from "./honest-client.ts";
import { withheld } from "./meters.ts";
import { nowMs } from "./now.ts";
import { Outbox } from "./outbox.ts";
import { keepRhythm, type Rhythm } from "./rhythm.ts";
import type { ScriptIdentity, Settings } from "./settings.ts";
import { stamped } from "./stamp.ts";
import { whenEmpty } from "./when-empty.ts";

/** What is said to whom. */
export interface Speech {
  readonly topics: readonly string[];
  readonly rhythm: Rhythm;
  readonly qos: 0 | 1;
  readonly payloadBytes: number;
}

/** Addresses topics in turn, numbered for each, and in the end tells each how many there were. */
export function speak(settings: Settings<unknown>, identity: ScriptIdentity, speech: Speech): void {
  const { topics, qos, payloadBytes } = speech;
  const outbox = new Outbox();
  const numbers = topics.map(() => 0);
  let turn = 0;
  const client = new HonestClient({
    url: settings.url,
    identity,
    clean: true,
    keepAliveS: settings.keepAliveS,
    chance: chanceOf(settings.seed, -1),
    onUp: () => {},
    onAcknowledged: (id) => outbox.acknowledged(id),
    onDown: () => outbox.abandon(),
  });
  const say = (topic: number, last?: true) => {
    const to = topics[topic];
    if (client.session === undefined || to === undefined) return withheld.add(1);
    const number = numbers[topic] ?? 0;
    numbers[topic] = number + 1;
    outbox.send(client.session, to, stamped({ number, sentMs: nowMs(), ...(last && { last }) }, payloadBytes), qos);
  };
  const beat = () => {
    say(turn);
    turn = (turn + 1) % topics.length;
  };
  keepRhythm(speech.rhythm, beat, () =>
    whenEmpty(outbox, () => {
      const { everyMs } = speech.rhythm;
      const fromMs = nowMs();
      let closing = 0;
      const close = () => {
        say(closing, true);
        closing += 1;
      };
      // Half a beat less, so that rounding adds none.
      const untilMs = fromMs + (topics.length - 0.5) * everyMs;
      keepRhythm({ fromMs, untilMs, everyMs }, close, () => whenEmpty(outbox, () => client.finish()));
    }),
  );
}
