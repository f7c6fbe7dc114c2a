import type { Bench } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Claim, RunningTarget, Target } from "#contract/target.ts";
import { labIdentities, witnessName } from "./accounts/lab-identities.ts";
import { accessRules } from "./mosquitto/access-rules.ts";
import { mosquittoLogins } from "./mosquitto/logins.ts";
import { type BrokerPlan, mosquittoBroker } from "./mosquitto/mosquitto-broker.ts";
import { mosquittoTally } from "./mosquitto/mosquitto-tally.ts";
import { passwordFile } from "./mosquitto/password-file.ts";
import { mosquittoProgram } from "./mosquitto/program.ts";
import { freePort } from "./process/free-port.ts";
import { PortClash, programCapabilities, programOffers } from "./process/local-program.ts";

const portTries = 5;
/** Whoever reads the counters; as operator it would end the session of a load that is the operator. */
const counterName = "seatrial-counter";

/** The Mosquitto that is installed on this machine, with a configuration of ours. */
export const localMosquitto: Target = {
  id: "local:mosquitto",
  title: "The mosquitto program of this machine, with a weak or hardened configuration that seatrial writes",
  speaks: ["mqtt"],
  offers: programOffers,
  // 2.0.11 counts down twice for a connection that its client ends, so max_connections is reached ever later.
  remembersStrain: true,

  async start(bench, claim, order): Promise<RunningTarget> {
    const program = await mosquittoProgram();
    const identities = labIdentities(bench.random, order.devices);
    const counter = { clientId: counterName, username: counterName, password: bench.random.hex(16) };
    const logins = [...mosquittoLogins(identities, order.posture), counter];
    const passwords = await passwordFile(logins, bench.random);
    const { broker, main, webSocket } = await startOnFreePorts(bench, claim, { program, order, passwords });
    return {
      facts: {
        id: "local:mosquitto",
        product: `mosquitto ${program.version}`,
        // The broker is the shipped product, but devices and network are not: `physical` would promise too much.
        fidelity: "emulated",
        posture: order.posture,
        protocolLevels: [3, 4, 5],
      },
      can: programCapabilities([broker]),
      identities,
      main,
      address: (scheme) => (scheme === "mqtt" ? main : scheme === "ws" ? webSocket : undefined),
      tally: mosquittoTally(bench, main, counter, broker),
      [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
    };
  },
};

async function startOnFreePorts(bench: Bench, claim: Claim, plan: Pick<BrokerPlan, "program" | "order" | "passwords">) {
  const rules = accessRules("operator", witnessName, counterName);
  for (let tries = 0; tries < portTries; tries += 1) {
    const main = await claim({ scheme: "mqtt", host: "127.0.0.1", port: await freePort() });
    const webSocket = await claim({ scheme: "ws", host: "127.0.0.1", port: await freePort(), path: "/mqtt" });
    const broker = mosquittoBroker(bench, { ...plan, accessRules: rules, at: main, webSocketAt: webSocket });
    try {
      await broker.start();
      return { broker, main, webSocket };
    } catch (cause) {
      await broker[Symbol.asyncDispose]();
      if (!(cause instanceof PortClash)) throw cause;
    }
  }
  throw new LabError(
    "E_TARGET_START",
    `local:mosquitto: ${portTries} pairs of free ports in a row were taken before mosquitto could use them`,
    "Run it again when less is starting on this machine.",
  );
}
