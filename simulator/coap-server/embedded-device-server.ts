import type { Bench, CoapScheme } from "#contract/bench.ts";
import type { Caller, CoapResources } from "#contract/coap.ts";
import type { Identities } from "#contract/identity.ts";
import type { Peer } from "../udp/datagram.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import { makePskAccounts } from "./psk-accounts.ts";
import { beginLife, type Estate, groupHost, type ServerLife, type ServerPorts } from "./server-life.ts";
import { type MessageTraffic, serverLog } from "./server-log.ts";
import { simulatedCaller } from "./simulated-caller.ts";

/** A CoAP server with the resources of a device server, in this process, on free ports of 127.0.0.1. */
export interface EmbeddedDeviceServer extends AsyncDisposable {
  readonly product: string;
  readonly identities: Identities;
  /** Where it listens. */
  readonly ports: ReadonlyMap<CoapScheme, number>;
  readonly resources: CoapResources;
  /** A device that calls servers; its knobs are the server's. */
  readonly caller: Caller;
  /**
   * Ends it like a crash and starts it again on the same ports after `downForMs`. Sessions, observations, registrations
   * and whatever its resources hold are lost; identities and keys stay. Resolves when it answers again.
   */
  restart(downForMs: number): Promise<void>;
  /** The same, which also ends one that is frozen. */
  kill(downForMs: number): Promise<void>;
  /** Freezes it until disposed: what comes waits in its sockets, and its time stands still. */
  pause(): Promise<AsyncDisposable>;
}

/** How long it is down after a crash: what a supervisor needs to start it again. */
const crashedForMs = 500;
/** How long it hangs until its watchdog notices. */
const watchdogMs = 2_000;

/**
 * Starts the embedded device server: CoAP over UDP, DTLS with pre-shared keys, TCP and one multicast group. It keeps
 * everything in memory.
 */
export async function startDeviceServer(
  bench: Bench,
  {
    knobs,
    devices,
    admit,
  }: { readonly knobs: DeviceServerKnobs; readonly devices: number; readonly admit?: Identities },
): Promise<EmbeddedDeviceServer> {
  const accounts = makePskAccounts(bench.random, devices, knobs, admit);
  const traffic: MessageTraffic = { received: 0, sent: 0 };
  const log = serverLog(bench.observe, traffic);
  const ports: ServerPorts = new Map();
  let life: ServerLife | undefined;
  let restarting: Promise<void> | undefined;
  let isDisposed = false;

  const struck = ({ host }: Peer) => {
    log.tell("fault", knobs.plantedFault, host);
    if (knobs.plantedFault === "hang") void hang();
    else void restart(crashedForMs);
  };
  const hang = async () => {
    const hanging = life;
    hanging?.freeze();
    await bench.clock.sleep(watchdogMs, bench.signal);
    // It may have been started again meanwhile.
    if (life === hanging && !isDisposed) await restart(crashedForMs);
  };
  const estate: Estate = { knobs, accounts, ports, traffic, log, struck };

  const restart = (downForMs: number): Promise<void> => {
    restarting ??= (async () => {
      bench.observe.note("server.down", { downForMs });
      await life?.end();
      await bench.clock.sleep(downForMs, bench.signal);
      if (!isDisposed) life = await beginLife(bench, estate);
      bench.observe.note("server.up");
    })().finally(() => {
      restarting = undefined;
    });
    return restarting;
  };

  life = await beginLife(bench, estate);
  const listening = new Map<CoapScheme, number>();
  for (const [name, port] of ports) if (name !== "group") listening.set(name, port);
  return {
    product: "seatrial device server",
    identities: accounts.identities,
    ports: listening,
    resources: resourcesWith(ports.get("group")),
    caller: simulatedCaller(bench, { knobs, as: accounts.identities.victim }),
    restart,
    kill: restart,

    async pause() {
      await restarting;
      const goOn = life?.freeze();
      bench.observe.note("server.frozen");
      let isLifted = false;
      return {
        async [Symbol.asyncDispose]() {
          if (isLifted) return;
          isLifted = true;
          goOn?.();
          bench.observe.note("server.thawed");
        },
      };
    },

    async [Symbol.asyncDispose]() {
      isDisposed = true;
      await restarting;
      await life?.end();
      log[Symbol.dispose]();
    },
  };
}

function resourcesWith(groupPort: number | undefined): CoapResources {
  return {
    open: "info",
    sensitive: ["config", "devices/victim/state"],
    actuator: "devices/victim/command",
    counter: "devices/victim/counter",
    creatable: "new",
    ticking: "time",
    large: "log",
    upload: "devices/victim/upload",
    slow: "slow",
    directory: "rd",
    lookup: { endpoints: "rd-lookup/ep", resources: "rd-lookup/res" },
    ...(groupPort !== undefined && { group: { host: groupHost, port: groupPort } }),
    lwm2m: true,
  };
}
