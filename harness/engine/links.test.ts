import { expect, it } from "vitest";
import { benchOf, loopback } from "#testing/bench.ts";
import type { Lab, Link } from "./lab.ts";
import { openLinks } from "./links.ts";

/** A lab whose links tell `log` what happens to them; those to a port in `broken` cannot be cut. */
function labOf(log: string[], broken: readonly number[] = []): Lab {
  const lab: Pick<Lab, "openLink" | "claim"> = {
    claim: async ({ scheme, port }) => loopback(port, scheme),
    openLink: async (_bench, { port }): Promise<Link> => {
      const imposed = (what: string) => async () => {
        if (broken.includes(port)) throw new Error(`${port} cannot be ${what}`);
        log.push(`${port} ${what}`);
        return { [Symbol.asyncDispose]: async () => void log.push(`${port} back`) };
      };
      return {
        host: "127.0.0.1",
        port: port + 1_000,
        can: { cutLink: imposed("cut"), slowLink: imposed("slowed") },
        [Symbol.asyncDispose]: async () => void log.push(`${port} closed`),
      };
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- links are opened and claimed, nothing else of a lab is used
  return lab as Lab;
}

const broker = loopback(1883);
const server = loopback(5683, "coap");

it("leads each address through a link of its own, and leaves others as they are", async () => {
  await using links = await openLinks([broker, server], labOf([]), benchOf([]));
  expect(links.through(broker)).toMatchObject({ scheme: "mqtt", port: 2883 });
  expect(links.through(server)).toMatchObject({ scheme: "coap", port: 6683 });
  const other = loopback(8883, "mqtts");
  expect(links.through(other)).toBe(other);
});

it("cuts all of them together, and puts all of them back", async () => {
  const log: string[] = [];
  await using links = await openLinks([broker, server], labOf(log), benchOf([]));
  const cut = await links.can.cutLink?.();
  await cut?.[Symbol.asyncDispose]();
  expect(log.toSorted()).toEqual(["1883 back", "1883 cut", "5683 back", "5683 cut"]);
});

it("leaves none cut where one of them cannot be", async () => {
  const log: string[] = [];
  await using links = await openLinks([broker, server], labOf(log, [5683]), benchOf([]));
  await expect(links.can.cutLink?.()).rejects.toThrow("5683 cannot be cut");
  expect(log).toEqual(["1883 cut", "1883 back"]);
});

it("can nothing where there is no link", async () => {
  await using links = await openLinks([], labOf([]), benchOf([]));
  expect(links.can).toEqual({});
});
