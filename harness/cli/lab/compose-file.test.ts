import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readScenario } from "#plan/scenario-file.ts";
import { labIdentities } from "#targets/accounts/lab-identities.ts";
import type { ContainerSetup } from "#targets/containers/container-recipe.ts";
import { randomOf } from "#testing/bench.ts";
import { home, loadCatalogue } from "../catalogue.ts";
import { version } from "../version.ts";
import { labFiles } from "./lab-files.ts";
import { backgroundDevices, type LabService, labServices, metricsPorts } from "./lab-services.ts";

interface Volume {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly read_only?: boolean;
}

interface Service {
  readonly [key: string]: unknown;
  readonly image: string;
  readonly profiles: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
  readonly env_file?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly network_mode?: string;
  readonly ports?: readonly string[];
  readonly tmpfs: readonly string[];
  readonly volumes: readonly Volume[];
}

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, home)), "utf8");
const compose: { readonly services: Readonly<Record<string, Service>> } = parse(read("docker-compose.yml"), {
  merge: true,
});
const { services } = compose;
const lab = "${SEATRIAL_LAB:-./lab}";

function service(name: string): Service {
  const found = services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** What `mode` in the YAML of a number of bytes says: `256m`. */
function bytesOf(text: unknown): number {
  const [, digits, unit = ""] = /^(\d+)([kmg]?)$/.exec(String(text)) ?? [];
  return Number(digits) * 1024 ** ["", "k", "m", "g"].indexOf(unit);
}

describe.each(Object.entries(services))("the service %s", (_, each) => {
  it("has limits of processor, memory and processes", () => {
    expect(each["cpus"]).toBeGreaterThan(0);
    expect(bytesOf(each["mem_limit"])).toBeGreaterThan(0);
    expect(each["memswap_limit"]).toBe(each["mem_limit"]);
    expect(each["pids_limit"]).toBeGreaterThan(0);
  });

  it("has no rights that it does not need", () => {
    expect(each).toMatchObject({
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      read_only: true,
      restart: "no",
    });
    for (const key of ["privileged", "cap_add", "devices", "pid", "ipc", "container_name", "volumes_from"]) {
      expect(each).not.toHaveProperty(key);
    }
  });

  it("is of one certain image", () => {
    expect(each.image).toMatch(/^seatrial\/[a-z]+:\d[\w.-]*$/);
  });

  it("is reached from this machine alone", () => {
    for (const port of each.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\$\{SEATRIAL_PORTS:-188\}\d\d:\d+$/);
    expect(each.network_mode ?? "bridge").not.toBe("host");
  });

  it("writes to nothing on this machine but the runs", () => {
    const writable = each.volumes.filter(({ read_only: isReadOnly }) => isReadOnly !== true);
    expect(writable.filter(({ target }) => target !== "/runs")).toEqual([]);
    expect(each.volumes.every(({ type }) => type === "bind")).toBe(true);
  });

  it("starts only where it is asked for", () => {
    expect(each.profiles.length).toBeGreaterThan(0);
  });
});

it("gives every service ports of its own on this machine", () => {
  const outside = Object.values(services).flatMap(({ ports = [] }) => ports.map((port) => port.split(":").at(-2)));
  expect(new Set(outside).size).toBe(outside.length);
});

it("mounts nothing that lab prepare does not write", async () => {
  const written = (await labFiles(5, randomOf(3))).map(({ path }) => path);
  const isWritten = (path: string) => path === "runs" || written.some((each) => `${each}/`.startsWith(`${path}/`));
  const named = Object.values(services)
    .flatMap(({ volumes, env_file: file = "" }) => volumes.map(({ source }) => source).concat(file))
    .filter((path) => path.startsWith(lab))
    .flatMap((path) =>
      labServices.map(({ name }) => path.slice(lab.length + 1).replace("${SEATRIAL_BROKER:-mosquitto-weak}", name)),
    );
  expect(named.length).toBeGreaterThan(labServices.length);
  expect(named.filter((path) => !isWritten(path))).toEqual([]);
});

describe.each(labServices)(
  "the service $name is what container:$recipe.name is",
  ({ name, recipe, posture }: LabService) => {
    let setup: ContainerSetup = { files: [] };
    beforeAll(async () => {
      const random = randomOf(1);
      setup = await recipe.configure({ posture, devices: 5, identities: labIdentities(random, 5), random });
    });

    it("by image, command, user and memory", () => {
      const { image, command, user, mem_limit: memory } = service(name);
      expect({ image, command, user, memory: bytesOf(memory) }).toEqual({
        image: recipe.image,
        command: setup.command,
        user: setup.user,
        memory: recipe.memoryBytes,
      });
    });

    it("by listeners, of which each is published", () => {
      const inside = (service(name).ports ?? []).map((port) => Number(port.split(":").at(-1)));
      expect(inside).toEqual(recipe.listeners.map(({ port }) => port));
    });

    it("by files, whose folders are mounted where its container has them", () => {
      const { volumes } = service(name);
      expect(volumes.map(({ target }) => target)).toEqual([
        ...new Set(setup.files.map(({ path }) => posix.dirname(path))),
      ]);
      for (const { source, target } of volumes) expect(source).toBe(`${lab}/${name}${target}`);
      expect(service(name).env_file).toBe(`${lab}/${name}.env`);
    });

    it("by the room for what it keeps, all of it in memory", () => {
      const { tmpfs, environment } = service(name);
      const kept = environment?.["RABBITMQ_MNESIA_BASE"] ?? recipe.disk?.path ?? "";
      const [, size] =
        /:size=(\w+)/.exec(tmpfs.find((entry) => kept.startsWith(entry.split(":")[0] ?? kept)) ?? "") ?? [];
      expect(bytesOf(size)).toBe(recipe.disk?.bytes);
    });
  },
);

it.each(["fleet", "assess"] as const)("has %s work on loopback, within the network of the broker", (name) => {
  const { command = [], network_mode: network, image } = service(name);
  expect(network).toBe("service:${SEATRIAL_BROKER:-mosquitto-weak}");
  expect(command).toContain("--target=mqtt://127.0.0.1:1883");
  expect(command).toContain(`--metrics=0.0.0.0:${metricsPorts[name]}`);
  expect(image).toBe(`seatrial/seatrial:${version}`);
});

it("has as many identities for the service fleet as its scenario has devices", async () => {
  const path = "scenarios/labs/background-fleet.yaml";
  expect(service("fleet").command).toContain(`/${path}`);
  const { fleets } = readScenario({ text: read(path), file: path }, await loadCatalogue(), { metrics: [] });
  expect(fleets.reduce((sum, { size }) => sum + size, 0)).toBe(backgroundDevices);
});

it("scrapes every broker for both of them", async () => {
  const files = await labFiles(5, randomOf(2));
  const text = files.find(({ path }) => path.startsWith("prometheus/"))?.content ?? "";
  const scraping: {
    readonly scrape_configs: readonly { readonly static_configs: readonly { readonly targets: readonly string[] }[] }[];
  } = parse(text);
  expect(scraping.scrape_configs.flatMap(({ static_configs: [first] }) => first?.targets)).toEqual(
    Object.values(metricsPorts).flatMap((port) => labServices.map(({ name }) => `${name}:${port}`)),
  );
});
