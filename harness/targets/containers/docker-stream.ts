/** Lines that Docker sends for as long as it is listened to. */
export interface DockerLines {
  /** Resolves when no more will come, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): void;
}

type Stream = NodeJS.ReadableStream;

/** Reads JSON documents, one a line, and tells of each; what is no JSON is left out. */
export function jsonLines(stream: Stream, onDocument: (document: unknown) => void): DockerLines {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const document = parsed(line);
      if (document !== undefined) onDocument(document);
    }
  });
  return endingOf(stream);
}

/** Does not let the stream keep this process alive, and tells when it is over. */
export function endingOf(stream: Stream): DockerLines {
  if ("socket" in stream && hasUnref(stream.socket)) stream.socket.unref();
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  // It breaks when Docker ends it, or we do; either way there is nothing more to hear.
  for (const event of ["end", "close", "error"]) stream.once(event, () => resolve());
  stream.on("error", () => {});
  return {
    ended,
    stop() {
      if ("destroy" in stream && typeof stream.destroy === "function") stream.destroy();
      resolve();
    },
  };
}

function hasUnref(socket: unknown): socket is { unref(): void } {
  return typeof socket === "object" && socket !== null && "unref" in socket && typeof socket.unref === "function";
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
