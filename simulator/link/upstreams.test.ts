import { expect, it } from "vitest";
import type { DatagramPort, Peer } from "../udp/datagram.ts";
import { Upstreams } from "./upstreams.ts";

const target: Peer = { host: "10.0.0.1", port: 5683 };

/** Ports that only write down what becomes of them. */
function socketsOf(most: number) {
  const log: string[] = [];
  const open = async ({ port }: Peer): Promise<DatagramPort> => {
    if (port === 13) throw new Error("no more files");
    return {
      local: { host: "10.0.0.2", port },
      send: (bytes) => void log.push(`${port} sends ${Buffer.from(bytes).toString()}`),
      hear: () => {},
      close: async () => void log.push(`${port} closes`),
    };
  };
  const upstreams = new Upstreams(target, open, () => {}, most);
  return {
    log,
    say: (port: number, text: string) => upstreams.send(Buffer.from(text), { host: "c", port }),
    upstreams,
  };
}

it("keeps what a client says while its socket opens, in order", async () => {
  const { log, say } = socketsOf(2);
  say(1, "a");
  say(1, "b");
  await settled();
  say(1, "c");
  expect(log).toEqual(["1 sends a", "1 sends b", "1 sends c"]);
});

it("closes the socket of the client that was silent for longest when there are too many", async () => {
  const { log, say } = socketsOf(2);
  say(1, "a");
  say(2, "a");
  await settled();
  say(1, "b");
  say(3, "a");
  await settled();
  expect(log).toEqual(["1 sends a", "2 sends a", "1 sends b", "2 closes", "3 sends a"]);
});

it("closes a socket that came too late", async () => {
  const { log, say, upstreams } = socketsOf(1);
  say(1, "a");
  say(2, "a");
  await settled();
  expect(log).toContain("1 closes");
  expect(log).not.toContain("1 sends a");
  expect(upstreams.clients).toEqual([{ host: "c", port: 2 }]);
});

it("tries again with the next datagram where no socket could be opened", async () => {
  const { log, say, upstreams } = socketsOf(2);
  say(13, "a");
  await settled();
  expect([log, upstreams.clients]).toEqual([[], []]);
  say(13, "b");
  await settled();
  expect(upstreams.opened).toBe(2);
});

it("closes everything at its end, and opens nothing any more", async () => {
  const { log, say, upstreams } = socketsOf(2);
  say(1, "a");
  await upstreams.close();
  say(2, "b");
  await settled();
  expect(log).toEqual(["1 sends a", "1 closes"]);
});

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
