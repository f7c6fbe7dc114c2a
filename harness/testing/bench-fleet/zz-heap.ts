import { setTimeout as sleep } from "node:timers/promises";
import { writeHeapSnapshot } from "node:v8";
import { thermostat } from "#simulator/devices/thermostat.ts";
import { fleetOf } from "#simulator/fleet/fleet.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { ownMosquitto } from "#testing/bench-fleet/mosquitto.ts";
await using m = await ownMosquitto();
const n = Number(process.argv[2]);
const mem=(s:string)=>{const u=process.memoryUsage();console.log(s,Object.entries(u).map(([k,v])=>k+":"+(v/1e6).toFixed(1)).join(" "))};
globalThis.gc!(); mem("start"); const b=process.memoryUsage();
const identities=Array.from({length:n},(_,i)=>{const c="b-"+i;const t=(l:string)=>`devices/${c}/${l}`;return {clientId:c,topics:{telemetry:t("telemetry"),state:t("state"),command:t("command"),config:t("config")}}});
globalThis.gc!(); const b1=process.memoryUsage(); console.log("identities", (b1.heapUsed-b.heapUsed)/n);
const bench = benchOf([], {clock: realClock()});
{
await using f = await fleetOf({device: thermostat,size:n,posture:{}}).start(bench,{at:loopback(m.port,"mqtt"),identities});
globalThis.gc!(); const b2=process.memoryUsage(); console.log("devices", (b2.heapUsed-b1.heapUsed)/n);
console.log(await f.settled(30000)); 
await sleep(6000);
globalThis.gc!();await sleep(300);globalThis.gc!(); mem("end"); const e=process.memoryUsage(); console.log("heap/device",(e.heapUsed-b.heapUsed)/n,"rss/device",(e.rss-b.rss)/n);
if(process.argv[3]) writeHeapSnapshot("/tmp/h.heapsnapshot");
}
