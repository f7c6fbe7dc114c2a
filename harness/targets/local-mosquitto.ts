import type { Bench } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Identities, Identity } from "#contract/identity.ts";
import type { Claim, RunningTarget, Target, TargetOrder } from "#contract/target.ts";
import { makeAccounts } from "#simulator/broker/accounts.ts";
import { accessRules } from "./mosquitto/access-rules.ts";
import { freePort } from "./mosquitto/free-port.ts";
import { type BrokerPlan, MosquittoBroker, PortClash } from "./mosquitto/mosquitto-broker.ts";
import { type Login, passwordFile } from "./mosquitto/password-file.ts";
import { mosquittoProgram } from "./mosquitto/program.ts";

const portTries = 5;
const witnessName = "seatrial-witness";

/** The Mosquitto that is installed on this machine, with a configuration of ours. */
export const localMosquitto: Target = {
  id: "local:mosquitto",
  title: "The mosquitto program of this machine, with a weak or hardened configuration that seatrial writes",
  speaks: ["mqtt"],
  offers: ["restart"],
  // 2.0.11 counts down twice for a connection that its client ends, so max_connections is reached ever later.
  remembersStrain: true,

  async start(bench, claim, order): Promise<RunningTarget> {
    const program = await mosquittoProgram();
    const rules = { authentication: "per-device", factoryLogin: false } as const;
    const { identities: made } = makeAccounts(bench.random, order.devices, rules);
    // An account of its own: with use_username_as_clientid an attack that enters as operator would end its session.
    const witness = { clientId: witnessName, username: witnessName, password: bench.random.hex(16) };
    const identities = { ...made, witness };
    const passwords = await passwordFile(loginsOf(identities, order), bench.random);
    const { broker, main } = await startOnFreePort(bench, claim, { program, order, passwords });
    return {
      facts: {
        id: "local:mosquitto",
        product: `mosquitto ${program.version}`,
        // The broker is the shipped product, but devices and network are not: `physical` would promise too much.
        fidelity: "emulated",
        posture: order.posture,
        protocolLevels: [3, 4, 5],
      },
      can: { restart: (downForMs) => broker.restart(downForMs) },
      identities,
      main,
      address: (scheme) => (scheme === "mqtt" ? main : undefined),
      [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
    };
  },
};

async function startOnFreePort(bench: Bench, claim: Claim, plan: Pick<BrokerPlan, "program" | "order" | "passwords">) {
  for (let tries = 0; tries < portTries; tries += 1) {
    const main = await claim({ scheme: "mqtt", host: "127.0.0.1", port: await freePort() });
    const broker = new MosquittoBroker(bench, { ...plan, accessRules: accessRules("operator", witnessName), at: main });
    try {
      await broker.start();
      return { broker, main };
    } catch (cause) {
      await broker[Symbol.asyncDispose]();
      if (!(cause instanceof PortClash)) throw cause;
    }
  }
  throw new LabError(
    "E_TARGET_START",
    `local:mosquitto: ${portTries} free ports in a row were taken before mosquitto could use them`,
    "Run it again when less is starting on this machine.",
  );
}

function loginsOf(
  { operator, witness, intruder, victim, devices }: Identities,
  { posture }: TargetOrder,
): readonly Login[] {
  const own = [operator, witness, intruder, victim, ...devices].flatMap((identity) => loginOf(identity) ?? []);
  return posture === "weak" ? [...own, { username: "admin", password: "admin" }] : own;
}

function loginOf(identity: Identity | undefined): Login | undefined {
  if (identity?.username === undefined || identity.password === undefined) return undefined;
  return { username: identity.username, password: identity.password };
}
