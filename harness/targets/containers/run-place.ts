import { randomUUID } from "node:crypto";
import type { Container, Network } from "dockerode";
import type { Docker } from "./connect-docker.ts";
import { confined, type MountedVolume, mountOf, numbersOf } from "./container-options.ts";
import type { ContainerRecipe } from "./container-recipe.ts";
import { ifStillThere } from "./docker-failure.ts";
import type { Labels } from "./labels.ts";

type Disk = NonNullable<ContainerRecipe["disk"]>;

/** A file system of limited size in memory, and the container that holds it while the target is down. */
export interface MemoryDisk {
  readonly path: string;
  readonly volume: string;
  readonly keeper: Container;
}

/** What a run has in Docker around its container. */
export interface RunPlace extends AsyncDisposable {
  /** What the names of everything in it begin with. */
  readonly name: string;
  readonly network: Network;
  readonly disk: MemoryDisk | undefined;
  /** Everything to be mounted into the container. */
  readonly volumes: readonly MountedVolume[];
}

/** A disk, and the container that keeps it mounted. */
interface KeptDisk {
  readonly name: string;
  readonly labels: Labels;
  readonly image: string;
  readonly disk: Disk;
}

const keeperBytes = 16 * 1024 ** 2;

/**
 * Makes a network of the run's own, a disk and volumes for folders.
 * @param folders that must be volumes.
 */
export async function openPlace(
  { dockerode }: Docker,
  labels: Labels,
  image: string,
  disk: Disk | undefined,
  folders: readonly string[],
): Promise<RunPlace> {
  await using made = new AsyncDisposableStack();
  const name = `seatrial-${randomUUID().slice(0, 8)}`;
  const network = await dockerode.createNetwork({
    Name: name,
    Driver: "bridge",
    Labels: { ...labels },
    // Without masquerade the answers to what it sends out of the run do not find their way back.
    Options: { "com.docker.network.bridge.enable_ip_masquerade": "false" },
  });
  made.defer(() => gone(() => network.remove()));

  const volume = async (options: { [option: string]: string }): Promise<string> => {
    const { name: volumeName } = await dockerode.createVolume({
      Labels: { ...labels },
      Driver: "local",
      DriverOpts: options,
    });
    made.defer(() => gone(() => dockerode.getVolume(volumeName).remove()));
    return volumeName;
  };
  const held: MemoryDisk | undefined = disk && {
    path: disk.path,
    ...(await heldDisk({ dockerode }, { name: `${name}-disk`, labels, image, disk }, volume, made)),
  };
  const volumes = held === undefined ? [] : [{ name: held.volume, path: held.path }];
  for (const path of folders) volumes.push({ name: await volume({}), path });

  const own = made.move();
  return { name, network, disk: held, volumes, [Symbol.asyncDispose]: () => own.disposeAsync() };
}

/**
 * Memory that is mounted nowhere is given back with all that was in it. A second container keeps the disk mounted, so that
 * what the target wrote outlives its restart; it also fills the disk, whatever state the target is in.
 */
async function heldDisk(
  { dockerode }: Pick<Docker, "dockerode">,
  { name, labels, image, disk }: KeptDisk,
  volume: (options: { [option: string]: string }) => Promise<string>,
  made: AsyncDisposableStack,
): Promise<Pick<MemoryDisk, "volume" | "keeper">> {
  const diskVolume = await volume({ type: "tmpfs", device: "tmpfs", o: tmpfsOptions(disk) });
  const keeper = await dockerode.createContainer({
    name,
    Image: image,
    Labels: { ...labels },
    Entrypoint: ["sleep"],
    Cmd: ["2147483647"],
    User: "0:0",
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      ...confined(keeperBytes + disk.bytes, ["DAC_OVERRIDE"]),
      NetworkMode: "none",
      ReadonlyRootfs: true,
      Mounts: [mountOf({ name: diskVolume, path: disk.path })],
    },
  });
  made.defer(() => gone(() => keeper.remove({ force: true, v: true })));
  await keeper.start();
  return { volume: diskVolume, keeper };
}

/** Options of mount(8) for the disk; anybody may write to it unless told otherwise. */
export function tmpfsOptions({ bytes, mode = "1777", user }: Disk): string {
  const [uid, gid] = numbersOf(user) ?? [];
  return [`size=${bytes}`, `mode=${mode}`, ...(uid === undefined ? [] : [`uid=${uid}`, `gid=${gid}`])].join(",");
}

async function gone(work: () => Promise<unknown>): Promise<void> {
  await ifStillThere(work);
}
