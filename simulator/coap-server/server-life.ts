import type { Bench, CoapScheme } from "#contract/bench.ts";
import { BrokerPulse } from "../broker/broker-pulse.ts";
import { openCoapClient } from "../coap/client.ts";
import { openGroupPort } from "../coap/group-port.ts";
import { HeldBodies } from "../coap/held-bodies.ts";
import { type CoapServer, startCoapServer } from "../coap/server.ts";
import { startDtlsServer } from "../dtls/dtls-server.ts";
import type { DatagramPort, Peer } from "../udp/datagram.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import { gatedPort, pulseClock } from "./gated-port.ts";
import { PlantedDtlsFault } from "./planted-dtls-fault.ts";
import { faultyPort, PlantedFault } from "./planted-fault.ts";
import type { PskAccounts } from "./psk-accounts.ts";
import type { MessageTraffic, ServerLog } from "./server-log.ts";
import { serveTcp } from "./tcp-listener.ts";
import { wholeApp } from "./whole-app.ts";

/** All that a server keeps in memory from one start to the next end. */
export interface ServerLife {
  /** Freezes it until the answer is called: what comes waits, nothing goes out, and its time stands still. */
  freeze(): () => void;
  /** Ends it at once, as the end of a process does: no session is closed in order, and nothing more is sent. */
  end(): Promise<void>;
}

/** Where a server listens: its schemes, and the group. */
export type ServerPorts = Map<CoapScheme | "group", number>;

/** What outlives a server's end, and who is told of it. */
export interface Estate {
  readonly knobs: DeviceServerKnobs;
  readonly accounts: PskAccounts;
  /** Empty before the first start, which fills it; then kept. */
  readonly ports: ServerPorts;
  readonly traffic: MessageTraffic;
  readonly log: ServerLog;
  /** Called where the planted fault was met. */
  readonly struck: (from: Peer) => void;
}

/** All CoAP nodes (RFC 7252 §12.8). */
export const groupHost = "224.0.1.187";

const tickMs = 1_000;
/** A proxy asks one server more than one thing at a time. */
const parallelQuestions = 16;

export async function beginLife(
  bench: Pick<Bench, "random" | "clock" | "signal">,
  estate: Estate,
): Promise<ServerLife> {
  const { knobs, accounts, ports, traffic, log, struck } = estate;
  const pulse = new BrokerPulse(bench.clock);
  const own = { clock: pulseClock(pulse), random: bench.random, signal: bench.signal };
  const raw: DatagramPort[] = [];
  const started = new AsyncDisposableStack();
  const open = async (name: CoapScheme | "client") => {
    const known = name === "client" ? undefined : ports.get(name);
    const port = await openUdpPort({ host: "127.0.0.1", port: known ?? 0 });
    raw.push(port);
    return gatedPort(port, pulse, traffic);
  };

  try {
    const plain = await open("coap");
    const secure = await open("coaps");
    ports.set("coap", plain.local.port).set("coaps", secure.local.port);
    const client = started.use(openCoapClient(await open("client"), own, { nstart: parallelQuestions }));
    const servers: CoapServer[] = [];
    const changed = (path: string) => {
      for (const server of servers) server.changed(path);
    };
    const app = wholeApp(
      { ...own, nowMs: () => pulse.nowMs(), after: (ms, act) => pulse.after(ms, act), client, changed, log },
      { knobs, accounts, plain: plain.local, secure: secure.local },
    );
    const fault = new PlantedFault();
    const held = new HeldBodies(own);
    const serve = (port: DatagramPort) => {
      const isFaulty = knobs.plantedFault === "hang" || knobs.plantedFault === "crash";
      const faulty = isFaulty ? faultyPort(port, fault, struck) : port;
      servers.push(started.use(startCoapServer(faulty, own, { knobs, ...app, held })));
    };
    serve(plain);
    const records = knobs.plantedFault === "dtls-crash" ? faultyPort(secure, new PlantedDtlsFault(), struck) : secure;
    serve(startDtlsServer(records, own, { knobs, keyOf: (identity) => accounts.keyOf(identity) }));
    const group = await openGroup(ports);
    if (group !== undefined) {
      raw.push(group);
      serve(gatedPort(group, pulse, traffic));
    }
    const tcp = started.use(
      await serveTcp(ports.get("coap+tcp") ?? 0, knobs, { pulse, log, traffic, handle: app.handle }),
    );
    ports.set("coap+tcp", tcp.port);
    const tick = () => {
      changed("time");
      timer = pulse.after(tickMs, tick);
    };
    let timer = pulse.after(tickMs, tick);

    return {
      freeze() {
        const goOn = pulse.freeze();
        tcp.freeze();
        return () => {
          goOn();
          if (!pulse.isFrozen) tcp.goOn();
        };
      },
      async end() {
        timer.cancel();
        pulse.end();
        // The sockets go first, so that nobody is told.
        await Promise.all(raw.map((port) => port.close()));
        await started.disposeAsync();
      },
    };
  } catch (cause) {
    await Promise.all(raw.map((port) => port.close()));
    await started.disposeAsync();
    throw cause;
  }
}

/** Not every machine lets a loopback interface join a group; a server without one is a server all the same. */
async function openGroup(ports: ServerPorts): Promise<DatagramPort | undefined> {
  const known = ports.get("group");
  const group = await openGroupPort({ host: groupHost, port: known ?? 0 }).catch(() => undefined);
  if (group !== undefined) ports.set("group", group.local.port);
  return group;
}
