import type { Random } from "#contract/bench.ts";
import type { Identities } from "#contract/identity.ts";
import { labIdentities } from "#targets/accounts/lab-identities.ts";
import { environmentText } from "./environment-text.ts";
import { identitiesText } from "./identities-text.ts";
import { backgroundDevices, type LabService, labServices, metricsPorts } from "./lab-services.ts";
import { prometheusText } from "./prometheus-text.ts";

/** A file of the lab; its path is relative to the lab's folder. */
export interface LabFile {
  readonly path: string;
  readonly content: string;
}

/**
 * Everything that docker-compose.yml mounts or reads, with fresh secrets: for each broker the folder `<service>/` with
 * the files that its container has at the same places, `<service>.env`, and who may enter it.
 * @param devices that may connect beside those of the service `fleet`.
 */
export async function labFiles(devices: number, random: Random): Promise<readonly LabFile[]> {
  const services = await Promise.all(labServices.map((service) => serviceFiles(service, devices, random)));
  const names = labServices.map(({ name }) => name);
  return [
    ...services.flat(),
    { path: "prometheus/etc/prometheus/prometheus.yml", content: prometheusText(names, metricsPorts) },
  ];
}

async function serviceFiles(
  { name, recipe, posture }: LabService,
  devices: number,
  random: Random,
): Promise<readonly LabFile[]> {
  const all = devices + backgroundDevices;
  const identities = labIdentities(random, all);
  const { files, environment = {} } = await recipe.configure({ posture, devices: all, identities, random });
  // Two clients with one identity would end each other's sessions, so who runs beside the other has identities of its own.
  const assessor: Identities = { ...identities, devices: identities.devices.slice(0, devices) };
  const background: Identities = { devices: identities.devices.slice(devices) };
  return [
    ...files.map(({ path, content }) => ({ path: `${name}${path}`, content })),
    { path: `${name}.env`, content: environmentText(environment) },
    {
      path: `identities-${name}.yaml`,
      content: identitiesText(assessor, `Who may enter ${name}; made by seatrial lab prepare for this lab alone.`),
    },
    {
      path: `identities-${name}-fleet.yaml`,
      content: identitiesText(background, `Devices of the service fleet at ${name}.`),
    },
  ];
}
