import { createServer, type Socket } from "node:net";
import { LabError } from "#contract/errors.ts";

/** A TCP port on loopback that accepts connections. */
export interface Listener extends AsyncDisposable {
  readonly port: number;
}

/** As many connections may wait to be accepted; a fleet comes all at once after an outage. */
const backlog = 4_096;

/**
 * Listens on 127.0.0.1. Nothing is read from a connection before whoever accepts it resumes it.
 * @param port 0 for any free one.
 * @throws LabError E_PORT_TAKEN where another program has it.
 */
export async function listen(port: number, accept: (raw: Socket) => void): Promise<Listener> {
  const server = createServer({ noDelay: true, pauseOnConnect: true }, accept);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(cause.code === "EADDRINUSE" ? taken(port, cause) : cause),
    );
    server.listen({ host: "127.0.0.1", port, backlog }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function taken(port: number, cause: Error): LabError {
  return new LabError(
    "E_PORT_TAKEN",
    `127.0.0.1:${port}: another program took the port of the embedded broker`,
    "Run again; the broker takes free ports when it starts.",
    { cause },
  );
}
