import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { code } from "#simulator/coap/code.ts";
import { decode, encode, isMessage, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import type { LifeSign } from "#simulator/fuzz/udp-fuzz-ground.ts";

/** A question that every server answers, in whatever way. */
export function coapLife({ random }: Pick<Bench, "random">, { resources }: Pick<Ground, "resources">): LifeSign {
  return {
    ask() {
      const token = Buffer.from(random.hex(8), "hex");
      const bytes = encode({
        type: messageType.con,
        code: code.get,
        messageId: random.integer(0, 0x1_0000),
        token,
        options: pathOptions(resources?.open ?? ".well-known/core"),
        payload: Buffer.alloc(0),
      });
      const isAnswer = (answer: Buffer) => {
        const read = decode(answer);
        return isMessage(read) && token.equals(read.token);
      };
      return { bytes, isAnswer };
    },
  };
}

/** Resources that may be read or changed in a test; the others are only asked for by chance. */
export function testablePaths({ resources }: Pick<Ground, "resources">): readonly string[] {
  if (resources === undefined) return [];
  const { open, actuator, counter, ticking, large, upload, slow, directory } = resources;
  return [actuator, upload, counter, ticking, large, open, slow, directory].flatMap((path) => path ?? []);
}
