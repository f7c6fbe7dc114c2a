import { expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import { publishHeard } from "./publish-heard.ts";
import type { Session } from "./session.ts";

type Heard = Parameters<typeof publishHeard>[0];

/** As much of a session as publishing needs. */
function sessionWith(code: number | undefined, pong: boolean, endedBy?: "us" | "them"): Heard {
  const session = {
    publish: async () => ({ acknowledged: code !== undefined, ...(code !== undefined && { code }) }),
    ping: async () => pong,
    connection: { ending: endedBy && { how: "fin", by: endedBy } },
  } satisfies { [member in "publish" | "ping" | "connection"]: unknown };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the other members are never touched
  return session as unknown as Session;
}

const publish = (session: Heard) => publishHeard(session, "t", "x", { qos: 1 });

it("is content where a later PINGREQ was answered, acknowledged or not", async () => {
  await expect(publish(sessionWith(0, true))).resolves.toBeUndefined();
  await expect(publish(sessionWith(undefined, true))).resolves.toBeUndefined();
});

it("is refused by a negative PUBACK, and by a close", async () => {
  await expect(publish(sessionWith(0x87, true))).rejects.toEqual(new Refused("PUBACK 135", "t was denied"));
  await expect(publish(sessionWith(undefined, false, "them"))).rejects.toBeInstanceOf(Refused);
});

it("is unknown where the broker says nothing", async () => {
  const silent = publish(sessionWith(undefined, false));
  await expect(silent).rejects.toThrow("did not show");
  await expect(silent).rejects.not.toBeInstanceOf(Refused);
});
