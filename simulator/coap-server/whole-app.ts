import type { Bench } from "#contract/bench.ts";
import type { CoapClient } from "../coap/client.ts";
import { isSamePeer, type Peer } from "../udp/datagram.ts";
import type { CoapPlace } from "./coap-uri.ts";
import { configArea } from "./config-area.ts";
import { creatableArea } from "./creatable-area.ts";
import { type DeviceApp, deviceApp } from "./device-app.ts";
import { deviceArea } from "./device-area.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import { directoryArea } from "./directory-area.ts";
import { packFirmware } from "./firmware-package.ts";
import { lwm2mArea } from "./lwm2m-area.ts";
import { lwm2mHome } from "./lwm2m-home.ts";
import { proxyOf } from "./proxy.ts";
import type { PskAccounts } from "./psk-accounts.ts";
import { publicArea } from "./public-area.ts";
import { Registrations } from "./registrations.ts";
import type { ServerLog } from "./server-log.ts";

/** What the resources need of the server that they live in. */
export interface AppWorld extends Pick<Bench, "clock" | "random"> {
  readonly nowMs: () => number;
  readonly after: (ms: number, act: () => void) => unknown;
  readonly client: Pick<CoapClient, "request">;
  readonly changed: (path: string) => void;
  readonly log: ServerLog;
}

/** What a server is set up as. */
export interface AppSetup {
  readonly knobs: DeviceServerKnobs;
  readonly accounts: PskAccounts;
  /** Where it is reached without and with DTLS. */
  readonly plain: Peer;
  readonly secure: Peer;
}

/** Image of the firmware that the server offers. */
const image = Buffer.alloc(1_500, "image ");

/** Builds every resource of the device server. */
export function wholeApp(world: AppWorld, { knobs, accounts, plain, secure }: AppSetup): DeviceApp {
  const isOwn = ({ to }: CoapPlace) => isSamePeer(to, plain);
  const home = lwm2mHome(knobs, { ...world, isOwn, homeUri: `coaps://${secure.host}:${secure.port}` });
  const proxy = proxyOf(knobs, {
    ...world,
    isOwn,
    refused: (why, { peer }) => world.log.tell("proxy-refused", why, peer.host),
  });
  return deviceApp(
    {
      areas: [
        publicArea({ nowMs: world.nowMs, firmware: packFirmware("1.1.0", image) }),
        configArea(world.changed),
        deviceArea(accounts.deviceIds, world.changed),
        creatableArea(knobs, world.changed),
        directoryArea(new Registrations(world.clock, world.random), knobs),
        lwm2mArea(home.device, knobs, { changed: world.changed, bootstrapped: home.bootstrapped }),
      ],
      proxy,
      log: world.log,
      principalOf: (peer) => accounts.principalOf(peer),
    },
    knobs,
  );
}
