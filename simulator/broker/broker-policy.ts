import type { AedesOptions, AuthenticateError, Client } from "aedes";
import { accountSeats } from "./account-seats.ts";
import type { Accounts } from "./accounts.ts";
import { admit } from "./admission.ts";
import type { BrokerKnobs } from "./broker-knobs.ts";
import type { BrokerPulse } from "./broker-pulse.ts";
import type { EventLog } from "./event-log.ts";
import { GatedStream } from "./gated-stream.ts";
import type { KeepMessage } from "./message-keeper.ts";
import { mayPublish, mayReceive, maySubscribe, type Principal } from "./principal.ts";
import { wrongSecrets } from "./wrong-secrets.ts";

/** Time that a locked-out client waits for the close, and how many may wait at once; more are closed at once. */
const lockedOutWaitMs = 1_000;
const mostLockedOutWaiting = 100;
/** One and a half keep alives [MQTT-3.1.2-24]. */
const silencePerKeepAliveMs = 1_500;

/** The questions that aedes asks; the answers are those of the knobs. */
type Policy = Pick<
  Required<AedesOptions>,
  "preConnect" | "authenticate" | "authorizePublish" | "authorizeSubscribe" | "authorizeForward"
>;

/** What the policy knows while a broker lives: counters of wrong secrets, seats, and who is connected. */
export function brokerPolicy(
  pulse: BrokerPulse,
  knobs: BrokerKnobs,
  accounts: Accounts,
  keepMessage: KeepMessage,
  log: EventLog,
): Policy {
  const secrets = wrongSecrets(pulse, knobs);
  const seats = accountSeats(knobs.maxConnectionsPerAccount);
  const online = new Map<string, { readonly stream: GatedStream; readonly principal: Principal }>();
  let lockedOutWaiting = 0;

  const lockOut = (stream: GatedStream, account: string) => {
    log.tell("locked-out", "not-evaluated", stream.origin.source, { account: account.slice(0, 64) });
    if (lockedOutWaiting >= mostLockedOutWaiting) {
      stream.destroy();
      return;
    }
    lockedOutWaiting += 1;
    const timer = pulse.after(lockedOutWaitMs, () => stream.destroy());
    stream.once("close", () => {
      timer.cancel();
      lockedOutWaiting -= 1;
    });
  };

  const seat = (stream: GatedStream, principal: Principal) => {
    const { clientId, account } = principal;
    const before = online.get(clientId);
    if (before !== undefined) {
      const why = before.principal.account === account ? "same-account" : "other-account";
      log.tell("takeover", why, stream.origin.source, { clientId, by: account ?? null });
    }
    stream.principal = principal;
    online.set(clientId, { stream, principal });
    stream.once("close", () => {
      seats.leave(principal);
      if (online.get(clientId)?.stream === stream) online.delete(clientId);
    });
  };

  return {
    preConnect(client, packet, done) {
      const keepAliveS = packet.keepalive ?? 0;
      const most = knobs.maxKeepAliveS;
      const stream = streamOf(client);
      if (most === 0 || (keepAliveS > 0 && keepAliveS <= most)) {
        if (keepAliveS > 0) stream.endWhenSilent(keepAliveS * silencePerKeepAliveMs);
        // aedes, which reads it after this, would set a timer of its own, and that runs on while the broker is frozen.
        packet.keepalive = 0;
        return done(null, true);
      }
      log.tell("connect-refused", "keep-alive", stream.origin.source, { keepAliveS });
      // MQTT 3.1.1 has no code for it; Mosquitto answers 2, too.
      stream.dismiss(Uint8Array.of(0x20, 0x02, 0x00, 0x02));
      done(null, false);
    },

    authenticate(client, username, password, done) {
      const stream = streamOf(client);
      const { source, certificateName } = stream.origin;
      const bySecret = username !== undefined && knobs.authentication !== "certificate";
      // aedes never hears of it, so that nothing is evaluated and nothing is answered.
      if (bySecret && secrets.isLocked(source, username)) return lockOut(stream, username);

      const admission = admit({ clientId: client.id, username, password, certificateName }, accounts, knobs);
      if (admission.kind === "refused") {
        const { because, code } = admission;
        log.tell("connect-refused", because, source, { clientId: client.id.slice(0, 64) });
        if (because === "wrong-secret" && secrets.wrong(source, username ?? "")) {
          log.tell("lockout", "too-many-wrong-secrets", source, { account: (username ?? "").slice(0, 64) });
        }
        return done(refusal(because, code), null);
      }
      if (bySecret) secrets.right(source, username);
      if (!seats.take(admission.principal)) {
        log.tell("connect-refused", "max-connections-per-account", source, { clientId: client.id.slice(0, 64) });
        return done(refusal("max-connections-per-account", 3), null);
      }
      seat(stream, admission.principal);
      done(null, true);
    },

    // A denied publish ends the connection: MQTT 3.1.1 has no negative PUBACK, so a close is the only refusal that the
    // client can hear [MQTT-3.3.5-2]. A will is asked about like any other message when it is due, and is dropped.
    authorizePublish(client, packet, done) {
      const stream = client === null ? undefined : streamOf(client);
      const principal = stream?.principal;
      if (stream !== undefined && principal !== undefined && mayPublish(principal, packet.topic, knobs)) {
        return keepMessage(stream, packet, () => done(null));
      }
      log.tell("publish-denied", "not-its-topic", stream?.origin.source ?? "", denied(principal, packet.topic));
      done(new Error("not authorized"));
    },

    authorizeSubscribe(client, subscription, done) {
      const { principal, origin } = streamOf(client);
      if (principal !== undefined && maySubscribe(principal, subscription.topic, knobs)) {
        return done(null, subscription);
      }
      log.tell("subscribe-denied", "not-its-topic", origin.source, denied(principal, subscription.topic));
      done(null, null);
    },

    authorizeForward(client, packet) {
      const { principal } = streamOf(client);
      return principal !== undefined && mayReceive(principal, packet.topic, knobs) ? packet : null;
    },
  };
}

/** aedes keeps the stream that it was given; it was given no other kind. */
function streamOf({ conn }: Client): GatedStream {
  if (conn instanceof GatedStream) return conn;
  throw new TypeError("a client of the broker has a connection that did not come through the gate");
}

function refusal(because: string, code: 2 | 3 | 4 | 5): AuthenticateError {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- aedes declares the codes as an ambient const enum, which type stripping cannot read
  return Object.assign(new Error(because), { returnCode: code });
}

function denied(principal: Principal | undefined, topic: string) {
  return { clientId: principal?.clientId.slice(0, 64) ?? null, topic: topic.slice(0, 128) };
}
