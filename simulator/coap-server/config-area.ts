import { code } from "../coap/code.ts";
import { contentFormat } from "../coap/option.ts";
import { type Area, staffOnly } from "./area.ts";
import { content } from "./representation.ts";

/** Settings as devices have them; several small blocks long. */
const factorySettings = JSON.stringify({
  site: "pumping station 4",
  uplink: { host: "192.0.2.10", port: 5684, retryS: 30 },
  maintenance: { user: "service", pin: "4711" },
  limits: { pressureBar: 6, temperatureC: 70 },
});

/** `config`: the settings of the server itself, for its operator only. */
export function configArea(changed: (path: string) => void): Area {
  let settings: Uint8Array | string = factorySettings;
  return {
    roots: ["config"],
    refusal: (_, by) => staffOnly(by),
    find: (path) =>
      path.length > 1
        ? undefined
        : {
            isObservable: true,
            get: () => content(settings, contentFormat.json),
            put: ({ payload }) => {
              settings = Buffer.from(payload);
              changed("config");
              return { code: code.changed };
            },
          },
    links: () => [{ path: ["config"], attributes: { ct: String(contentFormat.json), obs: "" } }],
  };
}
