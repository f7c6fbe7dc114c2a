import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Bench } from "#contract/bench.ts";

/** Listens for connections, of whatever protocol, and takes what they bring without a word. */
export interface TcpOrigin extends AsyncDisposable {
  readonly port: number;
  /** Connections that came in. */
  readonly connections: number;
}

/** Opens it on that address, on a free port. */
export async function openTcpOrigin({ wire }: Pick<Bench, "wire">, host: string): Promise<TcpOrigin> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    const { remoteAddress = host, remotePort = 0 } = socket;
    const stream = wire.open({ local: { host, port: portOf() }, remote: { host: remoteAddress, port: remotePort } });
    socket.on("data", (bytes: Buffer) => stream.received(bytes));
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      stream.closed("fin", "them");
    });
  });
  const portOf = () => {
    const bound = server.address();
    return typeof bound === "object" && bound !== null ? bound.port : 0;
  };
  server.listen(0, host);
  await once(server, "listening");
  return {
    port: portOf(),
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
