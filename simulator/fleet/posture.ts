import type { DeviceType } from "#contract/device.ts";

/** Every knob of the device type with its value: the chosen one, or else the hardened one, which stands first. */
export function postureOf(
  { behaviours }: DeviceType,
  chosen: { readonly [knob: string]: string },
): { readonly [knob: string]: string } {
  const tables = behaviours.flatMap(({ knobs }) => Object.entries(knobs));
  return Object.fromEntries(tables.map(([knob, { values }]) => [knob, chosen[knob] ?? values[0]]));
}
