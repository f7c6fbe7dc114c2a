import { createServer as createHttpServer } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { CertifiedKey } from "./certificates.ts";

/** Told when a connection is ready to carry MQTT; `certificateName` is the common name of a verified client certificate. */
export type Ready = (stream: Duplex, certificateName?: string) => void;

/** Turns an accepted TCP connection into a stream of MQTT bytes. What does not get that far is closed. */
export type Transport = (raw: Socket, ready: Ready) => void;

/** MQTT in plain TCP. */
export const plainTransport: Transport = (raw, ready) => ready(raw);

/** MQTT in TLS 1.2 or 1.3. With `clientCertificates` only clients with a certificate of this authority get through. */
export function tlsTransport(
  server: CertifiedKey,
  { ca, clientCertificates }: { readonly ca: string; readonly clientCertificates: boolean },
): Transport {
  const waiting = new Map<string, Ready>();
  const tls = createTlsServer({
    ...server,
    ca,
    minVersion: "TLSv1.2",
    requestCert: clientCertificates,
    rejectUnauthorized: clientCertificates,
  });
  tls.on("secureConnection", (secure) => {
    secure.on("error", () => secure.destroy());
    const ready = waiting.get(endOf(secure));
    const name = clientCertificates ? commonNameOf(secure) : undefined;
    ready?.(secure, name);
  });
  return (raw, ready) => {
    const end = endOf(raw);
    waiting.set(end, ready);
    raw.once("close", () => waiting.delete(end));
    tls.emit("connection", raw);
  };
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ""} ${remotePort ?? 0}`;
}

function commonNameOf(secure: TLSSocket): string | undefined {
  const name = secure.getPeerCertificate().subject?.CN;
  return typeof name === "string" ? name : undefined;
}

/** Path at which the broker speaks MQTT over WebSocket. */
export const webSocketPath = "/mqtt";

/** MQTT in WebSocket frames: sub-protocol `mqtt`, binary frames only [MQTT-6.0.0-1, -3]. */
export function webSocketTransport(maxFrameBytes: number): (stream: Duplex, ready: Ready) => void {
  const upgrader = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    handleProtocols: (protocols) => (protocols.has("mqtt") ? "mqtt" : false),
  });
  const waiting = new WeakMap<Duplex, Ready>();
  const http = createHttpServer((_request, response) => {
    response.writeHead(426, { upgrade: "websocket", connection: "close" }).end();
  });
  http.on("upgrade", (request, socket, head) => {
    const ready = waiting.get(socket);
    const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (ready === undefined || request.url !== webSocketPath || !protocols.includes("mqtt")) {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      return;
    }
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = createWebSocketStream(webSocket);
      webSocket.prependListener("message", (_data, isBinary) => {
        if (!isBinary) stream.destroy();
      });
      ready(stream);
    });
  });
  return (stream, ready) => {
    waiting.set(stream, ready);
    http.emit("connection", stream);
  };
}
