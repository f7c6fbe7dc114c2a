import type { Ground } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { partsOf } from "#simulator/dtls/heard-part.ts";
import { helloDatagrams, rawHello } from "#simulator/dtls/raw-hello.ts";
import type { LifeSign } from "#simulator/fuzz/udp-fuzz-ground.ts";

/** The DTLS listener; throws where the target has none, so that the control of an attack on DTLS fails. */
export function secureListener({ at, listeners }: Pick<Ground, "at" | "listeners">): LabAddress {
  const secure = [at, ...listeners].find(({ scheme }) => scheme === "coaps");
  if (secure === undefined) throw new Error("the target has no listener for DTLS");
  return secure;
}

/** A hello, to which a server that lives asks for a cookie, says hello, or says why not. */
export function dtlsLife({ random }: Pick<Bench, "random">): LifeSign {
  return {
    ask: () => ({
      bytes: helloDatagrams(rawHello(random))[0] ?? Buffer.alloc(0),
      isAnswer: (answer) => partsOf(answer).length > 0,
    }),
  };
}
