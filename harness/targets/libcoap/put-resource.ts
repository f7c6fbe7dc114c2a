import { LabError } from "#contract/errors.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import { option, optionNumber, pathOptions } from "#simulator/coap/option.ts";
import type { Probe } from "#simulator/coap/probe.ts";
import type { Seed } from "./seeds.ts";

const blockBytes = 1_024;
/** The exponent that stands for 1,024 bytes (RFC 7959 §2.2). */
const blockExponent = 6;
const withinMs = 2_000;

/** Puts a resource to a server of the lab, block by block where it is long. Throws E_TARGET_START where the server will not have it. */
export async function putResource(probe: Pick<Probe, "ask">, { path, body }: Seed): Promise<void> {
  const bytes = Buffer.from(body);
  const blocks = Math.max(1, Math.ceil(bytes.length / blockBytes));
  for (let block = 0; block < blocks; block += 1) {
    const hasMore = block + 1 < blocks;
    const number = (block << 4) | (hasMore ? 8 : 0) | blockExponent;
    const answer = await probe.ask(
      {
        code: code.put,
        // Without its size, coap-server 4.3.1 as a proxy keeps the last block alone of what it is sent.
        options: [
          ...pathOptions(path),
          ...(blocks > 1 ? [option(optionNumber.block1, number), option(optionNumber.size1, bytes.length)] : []),
        ],
        payload: bytes.subarray(block * blockBytes, (block + 1) * blockBytes),
      },
      withinMs,
    );
    if (answer === undefined || !isSuccess(answer.code)) {
      throw notPut(path, answer === undefined ? "it does not answer" : `it says ${codeText(answer.code)}`);
    }
  }
}

function notPut(path: string, why: string): LabError {
  return new LabError(
    "E_TARGET_START",
    `the server does not take the resource ${path} that the tests need: ${why}`,
    "See whether this is the version of the server that the target is made for.",
  );
}
