import type { Bench, LabAddress } from "#contract/bench.ts";
import { type Option, option, optionNumber, pathOptions } from "#simulator/coap/option.ts";
import type { Peer } from "#simulator/udp/datagram.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { type Origin, openOrigin, pathOf } from "./proxy-origin.ts";
import { openTcpOrigin, type TcpOrigin } from "./proxy-tcp-origin.ts";

/** One way to lead a proxy somewhere. */
export interface Way {
  readonly how: string;
  /** @param path what is asked for there, one segment. */
  options(path: string): readonly Option[];
  /** Whether whoever it leads to was asked. */
  isHit(path: string): boolean;
}

/** Servers of the attack, one for each thing that a proxy may be led to. */
export interface Servers {
  readonly origin: Origin;
  /** Hears a handshake of DTLS, and says nothing to it. */
  readonly dtls: Origin;
  /** On another loopback address, as an inner network has; absent where the target is elsewhere. */
  readonly inner: Origin | undefined;
  readonly silent: Origin;
  readonly closed: Peer;
  readonly coapTcp: TcpOrigin;
  readonly http: TcpOrigin;
}

const silent = () => undefined;

/** Opens them; they are closed with the stack. */
export async function openServers(
  bench: Bench,
  at: LabAddress,
  secret: string,
  opened: AsyncDisposableStack,
): Promise<Servers> {
  const answering = () => ({ payload: secret });
  const origin = opened.use(await openOrigin(bench, at, answering));
  const isLoopback = at.host.startsWith("127.");
  return {
    origin,
    dtls: opened.use(await openOrigin(bench, at, silent)),
    inner: isLoopback ? opened.use(await openOrigin(bench, at, answering, "127.0.0.3")) : undefined,
    silent: opened.use(await openOrigin(bench, at, silent)),
    closed: await closedPort(origin.local.host),
    coapTcp: opened.use(await openTcpOrigin(bench, origin.local.host)),
    http: opened.use(await openTcpOrigin(bench, origin.local.host)),
  };
}

/** A port that was free a moment ago. */
async function closedPort(host: string): Promise<Peer> {
  const port = await openUdpPort({ host, port: 0 });
  await port.close();
  return port.local;
}

/** Ways to a server that strangers could ask as well. */
export function outerWays({ origin, coapTcp, http }: Servers): readonly Way[] {
  const { host, port } = origin.local;
  return [
    byUri("Proxy-Uri with coap", `coap://${host}:${port}`, asked(origin)),
    {
      how: "Proxy-Scheme with Uri-Host",
      options: (path) => [...placeOptions({ host, port }, path), option(optionNumber.proxyScheme, "coap")],
      isHit: asked(origin),
    },
    byUri("Proxy-Uri with coap+tcp", `coap+tcp://${host}:${coapTcp.port}`, () => coapTcp.connections > 0),
    byUri("Proxy-Uri with http", `http://${host}:${http.port}`, () => http.connections > 0),
  ];
}

/** The same by DTLS, for which a proxy needs an identity of its own. Apart, since one that has none may die of it. */
export function dtlsWay({ dtls }: Servers): Way {
  const { host, port } = dtls.local;
  return byUri("Proxy-Uri with coaps", `coaps://${host}:${port}`, () => dtls.datagrams > 0);
}

/** Ways to what only the machine of the proxy can reach; all of them lead to loopback. */
export function innerWays({ origin, inner }: Servers): readonly Way[] {
  const { port } = origin.local;
  const file = {
    how: "Proxy-Uri with file",
    options: () => [option(optionNumber.proxyUri, "file:///etc/hostname")],
    isHit: () => false,
  };
  if (inner === undefined) return [file];
  return [
    file,
    byUri("another loopback address", `coap://${inner.local.host}:${inner.local.port}`, asked(inner)),
    byUri("localhost", `coap://localhost:${port}`, asked(origin)),
    byUri("127.1", `coap://127.1:${port}`, asked(origin)),
    byUri("loopback as one number", `coap://2130706433:${port}`, asked(origin)),
    byUri("loopback as 0.0.0.0", `coap://0.0.0.0:${port}`, asked(origin)),
    byUri("loopback in IPv6", `coap://[::ffff:127.0.0.1]:${port}`, asked(origin)),
  ];
}

function byUri(how: string, authority: string, isHit: (path: string) => boolean): Way {
  return { how, options: (path) => [option(optionNumber.proxyUri, `${authority}/${path}`)], isHit };
}

function asked(origin: Origin): (path: string) => boolean {
  return (path) => origin.requests.some((request) => pathOf(request) === path);
}

function placeOptions({ host, port }: Peer, path: string): readonly Option[] {
  return [option(optionNumber.uriHost, host), option(optionNumber.uriPort, port), ...pathOptions(path)];
}

/** A port of which the attack knows who listens there. */
export interface KnownPort {
  readonly kind: "open" | "silent" | "closed";
  /** Scheme and authority. */
  readonly where: string;
}

export function portsOf({ origin, silent: mute, closed }: Servers): readonly KnownPort[] {
  return [
    { kind: "open", where: uriOf(origin.local) },
    { kind: "silent", where: uriOf(mute.local) },
    { kind: "closed", where: uriOf(closed) },
  ];
}

function uriOf({ host, port }: Peer): string {
  return `coap://${host}:${port}`;
}
