import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import type { DeviceIdentity, Identity } from "#contract/identity.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { roughTextsOf } from "#simulator/coap/fields.ts";
import { type HonestCoap, honestCoap, succeeds } from "#simulator/coap/honest-client.ts";
import { contentFormat, option, optionNumber } from "#simulator/coap/option.ts";
import { deviceServerOf } from "./home.ts";

/** A CoAP client with registrations at the resource directory; disposing takes them back. */
export interface Registered extends AsyncDisposable {
  readonly client: HonestCoap;
  /** Registers one more endpoint. Throws `Refused` where the directory says no. */
  register(endpoint: string): Promise<void>;
}

/** So that what an attack leaves behind, should it be killed, is gone within a minute. */
const lifetimeS = 60;

/** Connects to the device server as `who`. Throws where it is not admitted. */
export async function enterDirectory(
  bench: Bench,
  ground: Pick<Ground, "at" | "listeners" | "resources">,
  who: Identity,
): Promise<Registered> {
  const { directory = "rd" } = ground.resources ?? {};
  const client = await honestCoap(bench, deviceServerOf(ground), who);
  const locations: string[] = [];
  return {
    client,
    async register(endpoint) {
      const reply = await client.ask({
        code: code.post,
        path: directory,
        query: [`ep=${endpoint}`, `lt=${lifetimeS}`],
        options: [option(optionNumber.contentFormat, contentFormat.link)],
      });
      if (!succeeds(reply)) throw new Refused(codeText(reply.code), `${endpoint} was not registered`);
      locations.push(roughTextsOf(reply.options, optionNumber.locationPath).join("/"));
    },
    async [Symbol.asyncDispose]() {
      for (const path of locations) {
        if (path !== "") await client.ask({ code: code.delete, path }).catch(() => {});
      }
      await client[Symbol.asyncDispose]();
    },
  };
}

/** A device that is registered under its own name. */
export async function registered(
  bench: Bench,
  ground: Pick<Ground, "at" | "listeners" | "resources">,
  device: DeviceIdentity,
): Promise<Registered> {
  const entered = await enterDirectory(bench, ground, device);
  try {
    await entered.register(device.clientId);
    return entered;
  } catch (cause) {
    await entered[Symbol.asyncDispose]();
    throw cause;
  }
}

/** Reports something as that device, on its own path. Throws where the server does not take it. */
export async function report({ client }: Registered, device: DeviceIdentity, payload: string): Promise<void> {
  const reply = await client.ask({
    code: code.put,
    path: device.topics.telemetry,
    payload,
    options: [option(optionNumber.contentFormat, contentFormat.json)],
  });
  if (!succeeds(reply)) throw new Error(`a reading of ${device.clientId} was answered ${codeText(reply.code)}`);
}
