import { setTimeout as sleep } from "node:timers/promises";
import type { Crowd } from "./crowd.ts";
import { leanCrowd } from "./lean-crowd.ts";
import { mqttJsCrowd } from "./mqtt-js-crowd.ts";

/** What one crowd was measured to do. */
export interface Measured {
  readonly connectsPerSecond: number;
  readonly bytesPerDevice: number;
  /** Processor time of connecting, milliseconds a device. */
  readonly connectCpuMs: number;
  readonly qos0PerSecond: number;
  readonly qos1PerSecond: number;
}

/** Connections that are begun before earlier ones are answered. */
const inProgress = 200;
const qos0PerDevice = 50;
const qos1PerDevice = 10;
/** Clients that wait for an acknowledgement at the same time. */
const publishers = 500;
const payload = JSON.stringify({ seq: 1, celsius: 20.5, target: 20, heating: true, canary: "x".repeat(40) });

async function measure(crowd: Crowd, devices: number): Promise<Measured> {
  // A few clients first, so that compiling code and growing heaps count for neither kind.
  const warmUp = 100;
  await eachOf(warmUp, inProgress, (index) => crowd.connect(index));
  await eachOf(warmUp, publishers, (index) => crowd.deliver(index, payload));
  const bytesBefore = await settledBytes();

  const cpuBefore = process.cpuUsage();
  const connectS = await seconds(() => eachOf(devices, inProgress, (index) => crowd.connect(warmUp + index)));
  const cpu = process.cpuUsage(cpuBefore);
  const bytesPerDevice = Math.round(((await settledBytes()) - bytesBefore) / devices);

  const qos0S = await seconds(async () => {
    for (let round = 0; round < qos0PerDevice; round++) {
      for (let index = 0; index < devices; index++) crowd.send(warmUp + index, payload);
      await sleep(0);
    }
    // MQTT 3.1.1 §4.6: a broker handles a client's packets in order, so this acknowledgement stands for all before it.
    await eachOf(devices, devices, (index) => crowd.deliver(warmUp + index, payload));
  });
  const qos1S = await seconds(() =>
    eachOf(devices, publishers, async (index) => {
      for (let round = 0; round < qos1PerDevice; round++) await crowd.deliver(warmUp + index, payload);
    }),
  );
  return {
    connectsPerSecond: Math.round(devices / connectS),
    bytesPerDevice,
    connectCpuMs: Number(((cpu.user + cpu.system) / 1_000 / devices).toFixed(3)),
    qos0PerSecond: Math.round((devices * (qos0PerDevice + 1)) / qos0S),
    qos1PerSecond: Math.round((devices * qos1PerDevice) / qos1S),
  };
}

async function eachOf(count: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

async function settledBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await sleep(100);
  }
  return process.memoryUsage.rss();
}

const [kind, port, devices] = process.argv.slice(2);
const crowd = kind === "lean" ? leanCrowd(Number(port)) : mqttJsCrowd(Number(port));
const measured = await measure(crowd, Number(devices));
await crowd.end();
process.stdout.write(`${JSON.stringify(measured)}\n`);
