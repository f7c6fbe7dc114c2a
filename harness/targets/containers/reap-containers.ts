import type { Environment } from "#contract/target.ts";
import { connectLocalDocker, type Dockerode } from "./connect-docker.ts";
import { ifStillThere } from "./docker-failure.ts";
import { isAbandoned, type Labels, type Onlooker, runLabel } from "./labels.ts";

/**
 * Removes every container, network and volume of a run, whoever owns them. Returns what was removed, in words. Throws a
 * LabError where Docker cannot be asked.
 */
export async function reapContainers(run: string, environment: Environment = {}): Promise<string[]> {
  const { dockerode } = await connectLocalDocker(environment);
  return removeWhere(dockerode, (labels) => labels[runLabel] === run);
}

/** Removes what runs left whose process on this machine is gone. Returns what was removed, in words. */
export function reapAbandoned(dockerode: Dockerode, by: Onlooker): Promise<string[]> {
  return removeWhere(dockerode, (labels) => isAbandoned(labels, by));
}

async function removeWhere(dockerode: Dockerode, isMeant: (labels: Labels) => boolean): Promise<string[]> {
  const filters = { label: [runLabel] };
  const removed: string[] = [];
  const remove = async (what: string, labels: Labels, work: () => Promise<unknown>) => {
    if (isMeant(labels) && (await ifStillThere(work))) removed.push(`${what} of run ${labels[runLabel]}`);
  };
  // Networks and volumes can only go when no container uses them any more.
  for (const { Id, Image, Labels: labels } of await dockerode.listContainers({ all: true, filters })) {
    await remove(`container ${Id.slice(0, 12)} (${Image})`, labels, () =>
      dockerode.getContainer(Id).remove({ force: true, v: true }),
    );
  }
  for (const { Id, Name, Labels: labels = {} } of await dockerode.listNetworks({ filters })) {
    await remove(`network ${Name}`, labels, () => dockerode.getNetwork(Id).remove());
  }
  const { Volumes: volumes } = await dockerode.listVolumes({ filters });
  for (const { Name, Labels: labels } of volumes) {
    await remove(`volume ${Name.slice(0, 12)}`, labels, () => dockerode.getVolume(Name).remove());
  }
  return removed;
}
