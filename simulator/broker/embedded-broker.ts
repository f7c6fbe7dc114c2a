import type { Bench, MqttScheme } from "#contract/bench.ts";
import type { Identities } from "#contract/identity.ts";
import { type Accounts, makeAccounts } from "./accounts.ts";
import type { BrokerKnobs } from "./broker-knobs.ts";
import { type BrokerLife, beginLife, type Estate } from "./broker-life.ts";
import { type LabAuthority, labAuthority } from "./certificates.ts";
import { eventLog } from "./event-log.ts";
import { Journal } from "./journal.ts";
import { type Listener, listen } from "./listener.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import type { Traffic } from "./traffic.ts";
import { plainTransport, type Transport, tlsTransport, webSocketTransport } from "./transports.ts";

/** A broker that runs in this process, on free ports of 127.0.0.1. */
export interface EmbeddedBroker extends AsyncDisposable {
  /** Name and version of what does the work. */
  readonly product: string;
  readonly identities: Identities;
  /** Where it listens. With authentication `certificate` only the TLS listeners are there. */
  readonly ports: ReadonlyMap<MqttScheme, number>;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  /**
   * Ends it like a crash and starts it again on the same ports after `downForMs`. Sessions, retained messages, queued
   * messages and the memory of wrong secrets are lost; accounts and certificates stay, as files on a disk would.
   * Resolves when it accepts connections again.
   */
  restart(downForMs: number): Promise<void>;
  /** The same, which also ends a broker that is frozen: one that keeps all in memory has no gentler end than a crash. */
  kill(downForMs: number): Promise<void>;
  /**
   * Freezes it until disposed: it accepts connections and keeps those it has, and neither reads nor writes. Its time-outs
   * (keep alive, CONNECT, lockout) stand still, and go on with what was left of them.
   */
  pause(): Promise<AsyncDisposable>;
  /** Fills the disk that its journal is on, until disposed. */
  fillDisk(): Promise<AsyncDisposable>;
  /** What it has counted since its first start. */
  readonly traffic: Readonly<Traffic>;
}

/** How long a `fragile` broker is down after a crash: what a supervisor needs to start it again. */
const crashedForMs = 500;
/** Room for some ten thousand messages of devices. */
const diskBytes = 2 * 1_048_576;

/**
 * Starts the embedded broker: aedes behind a gate that holds the limits and, with parsing `strict`, the rules of MQTT 3.1.1.
 *
 * It speaks MQTT 3.1.1 (protocol level 4) and nothing else. A CONNECT of level 5 gets CONNACK 1 in the form of 3.1.1 and a
 * close; so does level 3, unless parsing is lenient, where aedes takes it. There is no MQTT 5: no reason codes, properties,
 * session expiry, topic aliases, enhanced authentication or shared subscriptions. There is no persistence but a journal that
 * nobody reads back, no bridge, no cluster, and no limit on queued and retained messages.
 */
export async function startBroker(
  bench: Bench,
  { knobs, devices }: { readonly knobs: BrokerKnobs; readonly devices: number },
): Promise<EmbeddedBroker> {
  const authority = labAuthority();
  const accounts = accountsFor(bench, knobs, devices, authority);
  const transports = transportsOf(knobs, authority);
  const log = eventLog(bench.observe);
  const disk = new SimulatedDisk(diskBytes);
  const traffic: Traffic = { connections: 0, publishesReceived: 0, publishesSent: 0 };
  const estate: Estate = {
    knobs,
    accounts,
    journal: new Journal(disk),
    traffic,
    log,
    crashed: () => void restart(crashedForMs),
  };
  const ports = new Map<MqttScheme, number>();
  let listeners: readonly Listener[] = [];
  let life: BrokerLife | undefined;
  let restarting: Promise<void> | undefined;
  let disposed = false;

  const begin = async () => {
    const begun = await beginLife(bench, estate);
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
    traffic,
    restart,
    kill: restart,

    async pause() {
      await restarting;
      const goOn = life?.freeze();
      bench.observe.note("broker.frozen");
      return lifting(() => {
        goOn?.();
        bench.observe.note("broker.thawed");
      });
    },

    async fillDisk() {
      const free = disk.fill();
      bench.observe.note("disk.full", { bytes: disk.capacityBytes });
      return lifting(() => {
        free();
        bench.observe.note("disk.freed");
      });
    },

    async [Symbol.asyncDispose]() {
      disposed = true;
      await restarting;
      await end();
      log[Symbol.dispose]();
    },
  };
}

/** A disposable that lifts once, however often it is disposed of. */
function lifting(lift: () => void): AsyncDisposable {
  let lifted = false;
  return {
    async [Symbol.asyncDispose]() {
      if (lifted) return;
      lifted = true;
      lift();
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

function transportsOf(knobs: BrokerKnobs, authority: LabAuthority): readonly (readonly [MqttScheme, Transport])[] {
  const clientCertificates = knobs.authentication === "certificate";
  const tls = tlsTransport(authority.certifyServer(), { ca: authority.ca, clientCertificates });
  const webSocket = webSocketTransport(
    knobs.maxMessageBytes === 0 ? largestFrameBytes : Math.max(knobs.maxMessageBytes, roomyFrameBytes),
  );
  const secure = [
    ["mqtts", tls],
    ["wss", (raw, ready) => tls(raw, (stream, name) => webSocket(stream, (inner) => ready(inner, name)))],
  ] as const satisfies readonly (readonly [MqttScheme, Transport])[];
  if (clientCertificates) return secure;
  return [["mqtt", plainTransport], ["ws", webSocket], ...secure];
}

/** The `ws` package's own default, and room for many packets in one frame where packets are limited. */
const largestFrameBytes = 104_857_600;
const roomyFrameBytes = 1_048_576;
