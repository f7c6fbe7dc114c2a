import { code } from "../coap/code.ts";
import { contentFormat } from "../coap/option.ts";
import type { CoapRequest, CoapResponse } from "../coap/serving.ts";
import { type Area, type Resource, refusalOf } from "./area.ts";
import { content, formatOf } from "./representation.ts";

/** What a device's resource holds: the last body that was put there. */
interface Held {
  readonly payload: Uint8Array | string;
  readonly format: number;
}

/** Resources of a device that hold what was put there last, and what they hold at first. */
const atFirst: { readonly [name: string]: string } = {
  state: '{"open":false}',
  telemetry: "",
  command: "none",
  config: '{"reportS":60}',
  upload: "",
};

/**
 * `devices/<id>/…`: what devices report and what they are told. A device may use its own, the operator all of them.
 * `command` is the actuator, `counter` counts POSTs, and `upload` takes long bodies.
 */
export function deviceArea(deviceIds: ReadonlySet<string>, changed: (path: string) => void): Area {
  const held = new Map<string, Held>();
  const counters = new Map<string, number>();

  const holder = (path: string, first: string): Resource => {
    const put = ({ payload, ...request }: CoapRequest): CoapResponse => {
      held.set(path, { payload: Buffer.from(payload), format: formatOf(request) ?? contentFormat.text });
      changed(path);
      return { code: code.changed };
    };
    return {
      isObservable: true,
      get: () => {
        const { payload, format } = held.get(path) ?? { payload: first, format: contentFormat.text };
        return content(payload, format);
      },
      put,
      post: put,
    };
  };
  const counter = (path: string): Resource => ({
    isObservable: true,
    get: () => content(String(counters.get(path) ?? 0)),
    post: () => {
      counters.set(path, (counters.get(path) ?? 0) + 1);
      changed(path);
      return { code: code.changed };
    },
  });

  return {
    roots: ["devices"],
    refusal: ([, id], by) =>
      by.role === "staff" || (by.role === "device" && by.name === id) ? undefined : refusalOf(by),
    find([root = "", id = "", name = "", ...more]) {
      if (!deviceIds.has(id) || more.length > 0) return undefined;
      const path = `${root}/${id}/${name}`;
      if (name === "counter") return counter(path);
      const first = Object.hasOwn(atFirst, name) ? atFirst[name] : undefined;
      return first === undefined ? undefined : holder(path, first);
    },
    links: () =>
      [...deviceIds].flatMap((id) =>
        [...Object.keys(atFirst), "counter"].map((name) => ({ path: ["devices", id, name], attributes: { obs: "" } })),
      ),
  };
}
