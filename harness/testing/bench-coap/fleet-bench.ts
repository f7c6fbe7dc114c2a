/**
 * Measures a whole fleet of CoAP devices, with all their habits, against a libcoap server that it starts itself. The
 * fleet runs in a process of its own, whose whole memory counts.
 *
 *   --fleet N      devices (20000)
 *   --device ID    device type (light)
 *   --sockets S    shared or own (shared)
 *   --every MS     time between two readings of a device (10000)
 *   --keep-alive S its keep alive (30)
 *   --young MB     half of V8's young generation, --max-semi-space-size; its own choice where this is left out
 *   --json         prints nothing but the result as JSON
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startLibcoap } from "#testing/libcoap.ts";

const { values } = parseArgs({
  options: {
    fleet: { type: "string", default: "20000" },
    device: { type: "string", default: "light" },
    sockets: { type: "string", default: "shared" },
    every: { type: "string", default: "10000" },
    "keep-alive": { type: "string", default: "30" },
    young: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

// Every device has two resources there, which come to be with its first PUT.
const resources = String(2 * Number(values.fleet));
await using server = await startLibcoap({ program: "coap-server-notls", args: ["-d", resources, "-v", "0"] });
if (!values.json) process.stderr.write(`${values.fleet} devices of type ${values.device}, against coap-server-notls\n`);
const { fleet, device, sockets, every } = values;
const measured = await inOwnProcess([server.port, fleet, device, sockets, every, values["keep-alive"]]);
process.stdout.write(measured);

async function inOwnProcess(args: readonly (string | number)[]): Promise<string> {
  const path = fileURLToPath(new URL("measure-coap-fleet.ts", import.meta.url));
  const young = values.young === undefined ? [] : [`--max-semi-space-size=${values.young}`];
  const child = spawn(process.execPath, [...young, path, ...args.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the fleet ended with ${String(code)}`);
  return Buffer.concat(chunks).toString();
}
