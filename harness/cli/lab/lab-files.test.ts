import { beforeAll, expect, it } from "vitest";
import { readIdentities } from "#plan/identities-file.ts";
import { type LabFile, labFiles } from "./lab-files.ts";
import { backgroundDevices, labServices } from "./lab-services.ts";
import { secretRandom } from "./secret-random.ts";

const names = labServices.map(({ name }) => name);
let files: readonly LabFile[] = [];
let others: readonly LabFile[] = [];
beforeAll(async () => {
  files = await labFiles(40, secretRandom);
  others = await labFiles(40, secretRandom);
});

const textOf = (path: string, of = files) => of.find((file) => file.path === path)?.content ?? "";
const identitiesOf = (path: string, of = files) => readIdentities({ text: textOf(path, of), file: path });

/** All that a container is given as files. */
const mountedIn = (name: string) =>
  files
    .filter(({ path }) => path.startsWith(`${name}/`))
    .map(({ content }) => content)
    .join("\n");

it.each(names)("says who may enter %s, in a file that --identities reads", (name) => {
  const { operator, witness, intruder, victim, devices } = identitiesOf(`identities-${name}.yaml`);
  const staff = [operator, witness, intruder, victim];
  for (const identity of [...staff, ...devices]) expect(identity?.password).toMatch(/^[0-9a-f]{32}$/);
  expect(devices).toHaveLength(40);
});

it.each(names)("gives the fleet beside %s devices that nobody else has, and no other role", (name) => {
  const beside = identitiesOf(`identities-${name}-fleet.yaml`);
  expect(Object.keys(beside)).toEqual(["devices"]);
  expect(beside.devices).toHaveLength(backgroundDevices);
  const taken = new Set(identitiesOf(`identities-${name}.yaml`).devices.map(({ clientId }) => clientId));
  expect(beside.devices.filter(({ clientId }) => taken.has(clientId))).toEqual([]);
});

it("gives no two brokers and no two labs a password in common", () => {
  const passwords = [files, others].flatMap((of) =>
    names.flatMap((name) => {
      const { operator, witness, intruder, victim, devices } = identitiesOf(`identities-${name}.yaml`, of);
      return [operator, witness, intruder, victim, ...devices].map((identity) => identity?.password);
    }),
  );
  expect(new Set(passwords).size).toBe(passwords.length);
});

it.each(labServices.filter(({ posture }) => posture === "hardened"))(
  "puts no account into $name that everybody knows, and no password as it is",
  ({ name }) => {
    const own = files.filter(({ path }) => path.startsWith(`${name}/`) || path === `${name}.env`);
    const all = own.map(({ content }) => content).join("\n");
    expect(own.length).toBeGreaterThan(1);
    expect(all).not.toMatch(/^admin:|"name":\s*"(admin|guest)"|change-me|allow_anonymous( =)? true/m);
    for (const { password = "" } of identitiesOf(`identities-${name}.yaml`).devices)
      expect(all).not.toContain(password);
  },
);

it("lets everybody into the weak brokers", () => {
  expect(mountedIn("mosquitto-weak")).toContain("allow_anonymous true");
  expect(mountedIn("rabbitmq-weak")).toContain("mqtt.allow_anonymous = true");
});
