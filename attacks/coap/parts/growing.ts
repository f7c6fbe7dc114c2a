import type { Bench } from "#contract/bench.ts";
import type { CoapResources } from "#contract/coap.ts";
import { Refused } from "#contract/errors.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import { type Option, optionNumber } from "#simulator/coap/option.ts";
import type { Asker } from "./access-asker.ts";
import { honestWaitMs } from "./serving.ts";

/** What a stranger writes into a resource of its own: as much as fits into one datagram. */
export const writtenBytes = 1_000;

/** A way in which a stranger may make something that is then listed. */
export interface Way {
  readonly how: string;
  readonly method: number;
  readonly path: (n: number) => string;
  readonly payload: string;
  /** Where what was written can be read, if it can be read as it is. */
  readonly readsBack?: string;
}

/** @param mark tells this launch's resources from those of others. */
export function waysOf(resources: CoapResources | undefined, mark: string): readonly Way[] {
  const { creatable, directory } = resources ?? {};
  const ways: Way[] = [];
  if (creatable !== undefined) {
    const path = (n: number) => `${creatable.replace(/\/$/, "")}/${mark}${n}`;
    ways.push({
      how: "PUT of a new resource",
      method: code.put,
      path,
      payload: "x".repeat(writtenBytes),
      readsBack: path(0),
    });
  }
  if (directory !== undefined) {
    const path = (n: number) => `${directory}?ep=seatrial-${"long".repeat(8)}-${mark}${n}&lt=60`;
    ways.push({ how: "registration of an endpoint", method: code.post, path, payload: "</sensors/temperature>;rt=t" });
  }
  return ways;
}

/** One attempt at `grow`: ok where all were made, refused where the first was refused. Others are not tried then. */
export async function grow(
  bench: Bench,
  stranger: Asker,
  way: Way,
  many: number,
  made: AsyncDisposableStack,
): Promise<void> {
  const { how, method, payload } = way;
  await bench.observe.attempt("grow", { how, many }, async (trace) => {
    trace.wire(stranger.reference);
    let n = 0;
    for (; n < many && !bench.signal.aborted; n += 1) {
      const path = way.path(n);
      const { code: answered, options } = await stranger.ask({ code: method, path, payload }, honestWaitMs);
      if (!isSuccess(answered)) {
        if (n > 0) break;
        throw new Refused(codeText(answered), `${how} was answered ${codeText(answered)}`);
      }
      made.defer(() => remove(stranger, method === code.put ? path : locationIn(options)));
    }
    trace.detail({ how, made: n });
  });
}

/** Where a registration is, as the answer to it tells; empty where it does not. */
function locationIn(options: readonly Option[]): string {
  const segments = options.filter(({ number }) => number === optionNumber.locationPath);
  return segments.map(({ value }) => value.toString()).join("/");
}

async function remove(stranger: Asker, path: string): Promise<void> {
  if (path === "") return;
  await stranger.ask({ code: code.delete, path }, honestWaitMs).catch(() => {});
}
