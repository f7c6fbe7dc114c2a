import { expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { hivemqCe } from "./container.ts";

const configure = (posture: "weak" | "hardened") =>
  hivemqCe.configure({ posture, devices: 1, identities: { devices: [] }, random: randomOf(1) });

it("lets everybody in when weak, and sends nothing home", async () => {
  const { files, environment } = await configure("weak");
  expect(environment).toMatchObject({ HIVEMQ_ALLOW_ALL_CLIENTS: "true" });
  expect(files[0]?.content).toMatch(/<anonymous-usage-statistics>\s*<enabled>false</);
});

it("listens on the ports that are published", async () => {
  const { files } = await configure("weak");
  const ports = [...(files[0]?.content ?? "").matchAll(/<port>(\d+)</g)].map(([, port]) => Number(port));
  expect(ports).toEqual(hivemqCe.listeners.map(({ port }) => port));
});

it("says that it cannot be hardened, and what to do instead", async () => {
  await expect(configure("hardened")).rejects.toMatchObject({
    code: "E_CAPABILITY_MISSING",
    message: expect.stringContaining("extension"),
    hint: expect.stringContaining("--posture weak"),
  });
});
