import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import { optionNumber } from "#simulator/coap/option.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";
import type { Asker } from "./access-asker.ts";

/** What a rightful user is answered to a GET; undefined where nothing came in time. */
export async function look(asker: Asker, path: string, withinMs: number): Promise<CoapReply | undefined> {
  try {
    return await asker.ask({ code: code.get, path }, withinMs);
  } catch {
    return undefined;
  }
}

/** What a rightful user reads there; undefined where it is not answered with 2.05 in time. */
export async function readText(asker: Asker, path: string, withinMs: number): Promise<string | undefined> {
  const reply = await look(asker, path, withinMs);
  return reply !== undefined && isSuccess(reply.code) ? reply.payload.toString() : undefined;
}

/** Whether a resource is gone, by what its maker is answered to a GET; undefined where that does not tell. */
export function isGone(seen: CoapReply | undefined): boolean | undefined {
  if (seen?.code === code.notFound) return true;
  return seen !== undefined && isSuccess(seen.code) ? false : undefined;
}

/** Sets a text; throws where it is not answered with a success in time. */
export async function writeText(asker: Asker, path: string, text: string, withinMs: number): Promise<void> {
  const { code: answered } = await asker.ask({ code: code.put, path, payload: text }, withinMs);
  if (!isSuccess(answered)) throw new Error(`PUT /${path} by the ${asker.who} was answered ${codeText(answered)}`);
}

/** Sets a text, and tells whether that was answered with a success. */
export function isWritten(asker: Asker, path: string, text: string, withinMs: number): Promise<boolean> {
  return writeText(asker, path, text, withinMs).then(
    () => true,
    () => false,
  );
}

/** Shows that a rightful user moves the actuator: what it sets is what it reads. Throws where it is not so. */
export async function mustMove(bench: Bench, asker: Asker, path: string, withinMs: number): Promise<void> {
  await using _before = await borrow(asker, path, withinMs);
  const text = canary(bench);
  await writeText(asker, path, text, withinMs);
  const read = await readText(asker, path, withinMs);
  if (read !== text) throw new Error(`the ${asker.who} set /${path}, and did not read there what it had set`);
}

/** Takes note of what a resource says, and sets it back when disposed, as well as it can be done. */
export async function borrow(asker: Asker, path: string, withinMs: number): Promise<AsyncDisposable> {
  const before = await look(asker, path, withinMs);
  return {
    async [Symbol.asyncDispose]() {
      if (before === undefined || !isSuccess(before.code)) return;
      const options = before.options.filter(({ number }) => number === optionNumber.contentFormat);
      await asker.ask({ code: code.put, path, payload: before.payload, options }, withinMs).catch(() => {});
    },
  };
}
