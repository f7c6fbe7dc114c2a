import type { Bench, Scheme } from "#contract/bench.ts";
import type { Identities } from "#contract/identity.ts";
import { type Accounts, makeAccounts } from "./accounts.ts";
import type { BrokerKnobs } from "./broker-knobs.ts";
import { type BrokerLife, beginLife } from "./broker-life.ts";
import { type LabAuthority, labAuthority } from "./certificates.ts";
import { eventLog } from "./event-log.ts";
import { type Listener, listen } from "./listener.ts";
import { plainTransport, type Transport, tlsTransport, webSocketTransport } from "./transports.ts";

/** A broker that runs in this process, on free ports of 127.0.0.1. */
export interface EmbeddedBroker extends AsyncDisposable {
  /** Name and version of what does the work. */
  readonly product: string;
  readonly identities: Identities;
  /** Where it listens. With authentication `certificate` only the TLS listeners are there. */
  readonly ports: ReadonlyMap<Scheme, number>;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  /**
   * Ends it like a crash and starts it again on the same ports after `downForMs`. Sessions, retained messages, queued
   * messages and the memory of wrong secrets are lost; accounts and certificates stay, as files on a disk would.
   * Resolves when it accepts connections again.
   */
  restart(downForMs: number): Promise<void>;
}

/** How long a `fragile` broker is down after a crash: what a supervisor needs to start it again. */
const crashedForMs = 500;

/**
 * Starts the embedded broker: aedes behind a gate that holds the limits and, with parsing `strict`, the rules of MQTT 3.1.1.
 *
 * It speaks MQTT 3.1.1 (protocol level 4) and nothing else. A CONNECT of level 5 gets CONNACK 1 in the form of 3.1.1 and a
 * close; so does level 3, unless parsing is lenient, where aedes takes it. There is no MQTT 5: no reason codes, properties,
 * session expiry, topic aliases, enhanced authentication or shared subscriptions. There is no persistence, no bridge, no
 * cluster, and no limit on queued and retained messages.
 */
export async function startBroker(
  bench: Bench,
  { knobs, devices }: { readonly knobs: BrokerKnobs; readonly devices: number },
): Promise<EmbeddedBroker> {
  const authority = labAuthority();
  const accounts = accountsFor(bench, knobs, devices, authority);
  const transports = transportsOf(knobs, authority);
  const log = eventLog(bench.observe);
  const ports = new Map<Scheme, number>();
  let listeners: readonly Listener[] = [];
  let life: BrokerLife | undefined;
  let restarting: Promise<void> | undefined;
  let disposed = false;

  const begin = async () => {
    const begun = await beginLife(bench, knobs, accounts, log, () => void restart(crashedForMs));
    life = begun;
    listeners = await Promise.all(
      transports.map(async ([scheme, transport]) => {
        const listener = await listen(ports.get(scheme) ?? 0, (raw) => begun.accept(raw, scheme, transport));
        ports.set(scheme, listener.port);
        return listener;
      }),
    );
    return begun;
  };
  const end = async () => {
    // Accepting ends before the connections do, so that nobody slips in between.
    const closing = listeners.map((listener) => listener[Symbol.asyncDispose]());
    await life?.end();
    await Promise.all(closing);
  };
  const restart = (downForMs: number): Promise<void> => {
    restarting ??= (async () => {
      bench.observe.note("broker.down", { downForMs });
      await end();
      await bench.clock.sleep(downForMs, bench.signal);
      if (!disposed) await begin();
      bench.observe.note("broker.up");
    })().finally(() => {
      restarting = undefined;
    });
    return restarting;
  };

  const { aedesVersion } = await begin();
  return {
    product: `seatrial embedded broker (aedes ${aedesVersion})`,
    identities: accounts.identities,
    ports,
    ca: authority.ca,
    restart,
    async [Symbol.asyncDispose]() {
      disposed = true;
      await restarting;
      await end();
      log[Symbol.dispose]();
    },
  };
}

function accountsFor(bench: Bench, knobs: BrokerKnobs, devices: number, authority: LabAuthority): Accounts {
  const accounts = makeAccounts(bench.random, devices, knobs);
  if (knobs.authentication !== "certificate") return accounts;
  const certified = <I extends { readonly clientId: string }>(identity: I) => ({
    ...identity,
    certificate: authority.certifyClient(identity.clientId),
  });
  const { operator, intruder, victim, devices: fleet } = accounts.identities;
  return {
    ...accounts,
    identities: {
      ...(operator && { operator: certified(operator) }),
      ...(intruder && { intruder: certified(intruder) }),
      ...(victim && { victim: certified(victim) }),
      devices: fleet.map(certified),
    },
  };
}

function transportsOf(knobs: BrokerKnobs, authority: LabAuthority): readonly (readonly [Scheme, Transport])[] {
  const clientCertificates = knobs.authentication === "certificate";
  const tls = tlsTransport(authority.certifyServer(), { ca: authority.ca, clientCertificates });
  const webSocket = webSocketTransport(
    knobs.maxMessageBytes === 0 ? largestFrameBytes : Math.max(knobs.maxMessageBytes, roomyFrameBytes),
  );
  const secure = [
    ["mqtts", tls],
    ["wss", (raw, ready) => tls(raw, (stream, name) => webSocket(stream, (inner) => ready(inner, name)))],
  ] as const satisfies readonly (readonly [Scheme, Transport])[];
  if (clientCertificates) return secure;
  return [["mqtt", plainTransport], ["ws", webSocket], ...secure];
}

/** The `ws` package's own default, and room for many packets in one frame where packets are limited. */
const largestFrameBytes = 104_857_600;
const roomyFrameBytes = 1_048_576;
