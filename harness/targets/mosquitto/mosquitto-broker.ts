import { userInfo } from "node:os";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { TargetOrder } from "#contract/target.ts";
import { LocalProgram } from "../process/local-program.ts";
import { whyNoAnswer } from "../reach/why-no-answer.ts";
import { configurationOf } from "./configuration.ts";
import { mosquittoLogKinds } from "./log-kinds.ts";
import type { MosquittoProgram } from "./program.ts";

/** What a broker is started with, each time anew. */
export interface BrokerPlan {
  readonly program: MosquittoProgram;
  readonly order: TargetOrder;
  readonly passwords: string;
  readonly accessRules: string;
  readonly at: LabAddress;
  /** Where it speaks WebSocket; nowhere when absent. */
  readonly webSocketAt?: LabAddress;
}

/** A Mosquitto process that can be started again on its ports. */
export function mosquittoBroker(bench: Bench, plan: BrokerPlan): LocalProgram {
  const { program, order, passwords, accessRules, at, webSocketAt } = plan;
  return new LocalProgram(bench, {
    target: "local:mosquitto",
    path: program.path,
    what: "mosquitto",
    lease: order.lease,
    logKinds: mosquittoLogKinds,
    looks: [at, ...(webSocketAt ? [webSocketAt] : [])].map(
      (listener) => (withinMs) => whyNoAnswer(bench, listener, withinMs),
    ),
    words(write) {
      const configuration = configurationOf({
        posture: order.posture,
        bind: "127.0.0.1",
        port: at.port,
        ...(webSocketAt && { webSocketPort: webSocketAt.port }),
        devices: order.devices,
        passwords: write("passwords", passwords),
        accessRules: write("access-rules", accessRules),
        user: userInfo().username,
      });
      return ["-c", write("mosquitto.conf", configuration)];
    },
    // libwebsockets does not say why it has no listener.
    saysTaken: /address already in use|unable to create websockets listener/i,
    tryIt: "mosquitto -v -p 1884",
  });
}
