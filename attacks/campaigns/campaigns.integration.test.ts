import { describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import type { Random } from "#contract/bench.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { RunningTarget } from "#contract/target.ts";
import { gateway } from "#simulator/devices/gateway.ts";
import { light } from "#simulator/devices/light.ts";
import { fleetOf } from "#simulator/fleet/fleet.ts";
import { embeddedHome } from "#targets/embedded-home.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { endpointName } from "./endpoint-name.ts";
import { gatewayCommand } from "./gateway-command.ts";

const clock = realClock();
const attacks: readonly Attack[] = [endpointName, gatewayCommand];
const twins = attacks.flatMap((attack) => attack.twins.map((twin) => ({ attack, twin, kills: twin.kills })));

/** Draws the same secret for everybody, so that both parts of the home know all identities by it. */
function oneSecret(): Random {
  const random = randomOf(3);
  return { ...random, hex: (bytes) => (bytes === 16 ? "5".repeat(32) : random.hex(bytes)) };
}

/** A home with a gateway and ten lights in it. */
async function homeWith(knobs: JsonObject, posture: { readonly [knob: string]: string }) {
  const stack = new AsyncDisposableStack();
  const target = stack.use(
    await embeddedHome.start(
      benchOf([], { clock, random: oneSecret() }),
      async ({ scheme, port, ...more }) => loopback(port, scheme, more),
      { posture: "hardened", knobs, devices: 11, lease: () => {}, environment: {} },
    ),
  );
  const { devices, operator } = target.identities;
  const listeners = listenersOf(target);
  const seatOf = (scheme: "mqtt" | "coap", identities: typeof devices) => ({
    at: target.address(scheme) ?? target.main,
    listeners,
    identities,
    ...(operator && { field: operator }),
  });
  const bench = benchOf([], { clock, random: randomOf(5) });
  const fleets = await Promise.all([
    fleetOf({ device: gateway, size: 1, posture }).start(bench, seatOf("mqtt", devices)),
    fleetOf({ device: light, size: 10, posture: {} }).start(bench, seatOf("coap", devices.slice(1))),
  ]);
  for (const fleet of fleets) stack.use(fleet);
  await Promise.all(fleets.map((fleet) => fleet.settled(10_000)));
  return { target, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function listenersOf(target: RunningTarget) {
  return (["mqtt", "coap", "coaps"] as const).flatMap((scheme) => target.address(scheme) ?? []);
}

function groundOf(target: RunningTarget, { speaks }: Attack): Ground {
  const { identities, facts, resources, main } = target;
  return {
    at: target.address(speaks) ?? main,
    listeners: listenersOf(target),
    identities,
    facts,
    ...(resources && { resources }),
  };
}

async function answers(attack: Attack, knobs: JsonObject, posture: { readonly [knob: string]: string } = {}) {
  await using home = await homeWith(knobs, posture);
  const record = await launchAlone(attack, groundOf(home.target, attack), { window: "4s" });
  return attack.checks.map((check) => ({ id: check.id, ...check.judge(record) }));
}

describe.each(attacks)("$id, in a home with gateway and lights", (attack) => {
  it("passes where everything is hardened", async () => {
    const given = await answers(attack, {});
    expect(given.map(({ verdict }) => verdict)).toEqual(given.map(() => "pass"));
  });
});

describe.each(twins)("$kills", ({ attack, twin, kills }) => {
  const both = { ...twin.both?.broker, ...twin.both?.["coap-server"] };
  const { where, knob, value } = twin.loosen;

  it("fails with its one knob loosened", async () => {
    const weak = where === "device" ? {} : { [knob]: value };
    const posture = where === "device" ? { [knob]: String(value) } : {};
    const given = await answers(attack, { ...both, ...weak }, posture);
    expect(given.find(({ id }) => id === kills)).toMatchObject({ verdict: "fail" });
  });

  it("passes without it, all else the same", async () => {
    const given = await answers(attack, both);
    expect(given.find(({ id }) => id === kills)).toMatchObject({ verdict: "pass" });
  });
});

it.each(attacks)("$id says nothing where there is no gateway", async (attack) => {
  await using target = await embeddedHome.start(
    benchOf([], { clock, random: oneSecret() }),
    async ({ scheme, port, ...more }) => loopback(port, scheme, more),
    { posture: "hardened", knobs: {}, devices: 1, lease: () => {}, environment: {} },
  );
  const record = await launchAlone(attack, groundOf(target, attack), { window: "1s" });
  for (const check of attack.checks) {
    expect(check.judge(record)).toMatchObject({ verdict: "inconclusive", says: expect.stringContaining("no gateway") });
  }
});
