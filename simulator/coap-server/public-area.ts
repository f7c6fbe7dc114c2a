import { code } from "../coap/code.ts";
import { contentFormat } from "../coap/option.ts";
import type { Area, Link, Resource } from "./area.ts";
import { content, queryOf } from "./representation.ts";

/** Time after which `slow` is answered unless `?ms=` says otherwise, and the longest that it may say. */
const slowMs = 2_000;
const slowestMs = 10_000;

/** More than one block of 1,024 bytes. */
const logText = Array.from(
  { length: 40 },
  (_, n) => `${String(n).padStart(3, "0")} the valve opened and closed as told; nothing to report\n`,
).join("");

export interface PublicContent {
  /** Seconds that `time` tells. */
  readonly nowMs: () => number;
  /** What `firmware` holds. */
  readonly firmware: Uint8Array;
}

/** What whoever asks may read: `info`, `time`, `log`, `slow` and `firmware`. */
export function publicArea({ nowMs, firmware }: PublicContent): Area {
  const resources: { readonly [name: string]: Resource & { readonly link: Link["attributes"] } } = {
    info: { get: () => content("seatrial device server"), link: { ct: "0" } },
    time: { get: () => content(String(Math.floor(nowMs() / 1_000))), isObservable: true, link: { ct: "0", obs: "" } },
    log: { get: () => content(logText), link: { ct: "0", sz: String(logText.length) } },
    slow: {
      get: (request) => {
        const asked = Number(queryOf(request, "ms") ?? slowMs);
        if (!(asked >= 0 && asked <= slowestMs)) return { code: code.badRequest };
        return { ...content("late"), separateAfterMs: asked };
      },
      link: {},
    },
    firmware: {
      get: () => content(firmware, contentFormat.octets),
      link: { ct: String(contentFormat.octets), sz: String(firmware.length) },
    },
  };
  return {
    roots: Object.keys(resources),
    refusal: () => undefined,
    find: ([name = "", ...more]) => (more.length === 0 ? resources[name] : undefined),
    links: () => Object.entries(resources).map(([name, { link }]) => ({ path: [name], attributes: link })),
  };
}
