import type { CoapResources } from "#contract/coap.ts";
import type { Identities } from "#contract/identity.ts";

/** A resource that is put to a server once it runs. */
export interface Seed {
  readonly path: string;
  readonly body: string;
}

/** Longer than two blocks of 1,024 bytes. */
const largeBytes = 2_500;
const largeLine = "the large resource of seatrial, which is read block by block\n";

/** Telemetry, state and settings of a device, which it puts there itself. */
const pathsOfDevice = 3;

/** What coap-server has to hold, beside what it brings, so that the tests find a device in it, and devices their commands. */
export function seedsFor({ victim, devices }: Pick<Identities, "victim" | "devices">): readonly Seed[] {
  return [
    { path: "large", body: largeLine.repeat(Math.ceil(largeBytes / largeLine.length)).slice(0, largeBytes) },
    { path: "config", body: "reporting=60s;server=cloud.invalid" },
    ...(victim
      ? [
          { path: victim.topics.state, body: "locked" },
          { path: victim.topics.command, body: "lock" },
        ]
      : []),
    // Nobody can observe what is not there.
    ...devices.map(({ topics }) => ({ path: topics.command, body: "" })),
  ];
}

/**
 * How many resources clients must be able to create for a fleet to report: those of its devices, and the place that they
 * register at, as coap-server takes a POST to a resource that it does not have for a new one.
 */
export function roomForFleet({ devices }: Pick<Identities, "devices">): number {
  return devices.length === 0 ? 0 : devices.length * pathsOfDevice + 1;
}

/** What a coap-server is good for that holds these seeds. @param hasRoom whether it takes further resources, from anybody then. */
export function serverResources(
  { victim }: Pick<Identities, "victim">,
  { hasRoom, group }: { readonly hasRoom: boolean; readonly group?: CoapResources["group"] },
): CoapResources {
  return {
    open: "time",
    sensitive: ["config", ...(victim ? [victim.topics.state] : [])],
    ...(victim && { actuator: victim.topics.command }),
    ...(hasRoom && { creatable: "new" }),
    ticking: "time",
    large: "large",
    upload: "example_data",
    // Its query says after how many seconds.
    slow: "async?2",
    ...(group && { group }),
  };
}
