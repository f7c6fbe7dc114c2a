import { describe, expect, it } from "vitest";
import { codeOf } from "#simulator/coap/code.ts";
import { option, optionNumber } from "#simulator/coap/option.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";
import type { Asker, Order } from "./access-asker.ts";
import { locationIn, mustRegister, registration, seenOf, unregister } from "./directory-registration.ts";

const reply = (code: string, location: readonly string[] = [], payload = ""): CoapReply => ({
  code: codeOf(code),
  options: location.map((segment) => option(optionNumber.locationPath, segment)),
  payload: Buffer.from(payload),
  peer: { host: "127.0.0.1", port: 5683 },
});

function askerOf(answer: (order: Order) => CoapReply) {
  const orders: Order[] = [];
  const asker: Asker = {
    who: "victim",
    reference: { file: "evidence/test.pcapng", stream: 0 },
    isUnheard: false,
    ask: async (order) => {
      orders.push(order);
      return answer(order);
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return { asker, orders };
}

const entry = { ep: "a", base: "coap://192.0.2.1", links: "</x>" };

describe("a registration", () => {
  it("carries name, lifetime and base, and the version of LwM2M where it has one", () => {
    expect(registration("rd", entry).path).toBe("rd?ep=a&h=a&lt=90&base=coap://192.0.2.1");
    expect(registration("rd", { ...entry, lwm2m: "1.1", lifetimeS: 5 }).path).toBe(
      "rd?ep=a&h=a&lt=5&base=coap://192.0.2.1&lwm2m=1.1",
    );
  });

  it("lies where the directory says", () => {
    expect(locationIn(reply("2.01", ["rd", "4711"]))).toBe("rd/4711");
  });

  it.each([undefined, reply("2.01"), reply("4.03", ["rd", "1"])])("lies nowhere where it was not taken", (answer) => {
    expect(locationIn(answer)).toBeUndefined();
  });

  it("that must be taken throws where it is not", async () => {
    await expect(mustRegister(askerOf(() => reply("4.03")).asker, "rd", entry, 100)).rejects.toThrow(
      /could not register a/,
    );
  });

  it("is let run out, not deleted", async () => {
    const { asker, orders } = askerOf(() => reply("2.04"));
    await unregister(asker, "rd/4711", 100);
    expect(orders).toEqual([{ code: 2, path: "rd/4711?lt=1" }]);
  });
});

describe("what a directory says of an endpoint", () => {
  const lookup = { endpoints: "rd-lookup/ep", resources: "rd-lookup/res" };
  const at = { ep: "a", location: "rd/4711" };

  it("comes from all its lookups", async () => {
    const { asker } = askerOf(({ path = "" }) => reply("2.05", [], `<${path}>`));
    expect(await seenOf(asker, { resources: { sensitive: [], lookup } }, at, 100)).toBe(
      "<rd-lookup/ep?ep=a>,<rd-lookup/res?ep=a>",
    );
  });

  it("comes from the registration itself where there is no lookup", async () => {
    const { asker } = askerOf(({ path = "" }) => reply("2.05", [], path));
    expect(await seenOf(asker, { resources: { sensitive: [] } }, at, 100)).toBe("rd/4711");
  });

  it("is not known where one lookup is refused", async () => {
    const { asker } = askerOf(({ path = "" }) => reply(path.includes("res") ? "4.01" : "2.05", [], path));
    expect(await seenOf(asker, { resources: { sensitive: [], lookup } }, at, 100)).toBeUndefined();
  });
});
