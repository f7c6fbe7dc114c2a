import type { Identities, Identity } from "#contract/identity.ts";

/** An identities file (docs/targets.md) with these identities, whose topics are the usual ones. */
export function identitiesText({ operator, witness, intruder, victim, devices }: Identities, comment: string): string {
  const roles = Object.entries({ operator, witness, intruder, victim });
  return [
    `# ${comment}`,
    ...roles.flatMap(([role, identity]) => (identity === undefined ? [] : [`${role}: ${mapping(identity)}`])),
    "devices:",
    ...devices.map((device) => `  - ${mapping(device)}`),
    "",
  ].join("\n");
}

/** Values in quotes: a secret that looks like a number is still text. */
function mapping({ clientId, username, password }: Identity): string {
  const members = Object.entries({ clientId, username, password });
  const written = members.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${JSON.stringify(value)}`],
  );
  return `{ ${written.join(", ")} }`;
}
