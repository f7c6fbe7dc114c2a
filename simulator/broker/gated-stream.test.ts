import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { VirtualClock } from "#testing/bench.ts";
import { BrokerPulse } from "./broker-pulse.ts";
import { GatedStream } from "./gated-stream.ts";

/** A gated stream over a paused stand-in for a socket, and what was handed to that. */
function gatedOver() {
  const pulse = new BrokerPulse(new VirtualClock());
  const socket = new PassThrough();
  socket.pause();
  const sent: string[] = [];
  const onSent = (bytes: Uint8Array) => void sent.push(Buffer.from(bytes).toString());
  const conduct = { pulse, stalls: false, onSlow: () => {}, onSent };
  return { pulse, socket, sent, gated: new GatedStream(socket, { scheme: "mqtt", source: "127.0.0.1" }, conduct) };
}

it("asks the socket for more when the broker wants to read, but not while that is frozen", () => {
  const going = gatedOver();
  going.gated.read(0);
  expect(going.socket.isPaused()).toBe(false);
  const frozen = gatedOver();
  frozen.pulse.freeze();
  frozen.gated.read(0);
  expect(frozen.socket.isPaused()).toBe(true);
});

it("hands on what the broker wrote and then its end in their order, once the broker is not frozen", async () => {
  const { pulse, socket, sent, gated } = gatedOver();
  const goOn = pulse.freeze();
  gated.write("one");
  gated.write("two");
  gated.end();
  await new Promise(setImmediate);
  expect([sent, socket.writableEnded]).toEqual([[], false]);
  goOn();
  await new Promise(setImmediate);
  expect([sent.join(""), socket.writableEnded]).toEqual(["onetwo", true]);
});

it.each<readonly [string, (gated: GatedStream) => void]>([
  ["destroys", (gated) => void gated.destroy()],
  ["dismisses", (gated) => gated.dismiss(Uint8Array.of(0x20, 0x02, 0x00, 0x02))],
])("%s the socket only once the broker is not frozen", async (_, end) => {
  const { pulse, socket, gated } = gatedOver();
  const goOn = pulse.freeze();
  end(gated);
  await new Promise(setImmediate);
  expect([socket.destroyed, socket.writableEnded]).toEqual([false, false]);
  goOn();
  await new Promise(setImmediate);
  expect(socket.destroyed).toBe(true);
});
