const mebibyte = 2 ** 20;

/** For k6 itself, and for each client: a virtual user with its interpreter and connection takes 1 to 5 MiB. */
const memory = { own: 1_024 * mebibyte, eachClient: 8 * mebibyte };

/** What a container of k6 may do on this machine, whatever it is started for. */
export const confinement: readonly string[] = [
  "--rm",
  "--pull=never",
  "--read-only",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  // Without it SELinux keeps a container from every file of the user; relabelling those would outlast the load.
  "--security-opt=label=disable",
  "--pids-limit=1024",
  // Docker's own log would keep a second copy of every sample.
  "--log-driver=none",
];

/** What the container of one load is, and what it is given. */
export interface ContainerOrder {
  readonly image: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Files are read and written as this user of the machine. */
  readonly user: { readonly uid: number; readonly gid: number };
  readonly clients: number;
  /** Folders by full path, which is the same inside. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Every user of the machine sees it, so nothing secret. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Parameters of the docker client that run k6 with these parameters on this machine's own network, in the foreground. */
export function containerCommand(order: ContainerOrder, parameters: readonly string[]): readonly string[] {
  const { image, name, labels, user, clients, reads, writes, environment } = order;
  return [
    "run",
    ...confinement,
    "--network=host",
    // Where Docker maps users to others, it would refuse the machine's network, and the user's files their owner.
    "--userns=host",
    `--user=${user.uid}:${user.gid}`,
    `--memory=${memory.own + clients * memory.eachClient}`,
    `--name=${name}`,
    ...Object.entries(labels).map(([label, value]) => `--label=${label}=${value}`),
    ...reads.map((folder) => `--mount=${bindOf(folder)},readonly`),
    ...writes.map((folder) => `--mount=${bindOf(folder)}`),
    "--workdir=/",
    ...Object.entries(environment).map(([variable, value]) => `--env=${variable}=${value}`),
    "--entrypoint=k6",
    image,
    ...parameters,
  ];
}

/** Docker reads the value as a line of CSV (RFC 4180). */
function bindOf(folder: string): string {
  const field = (name: string) => `"${name}=${folder.replaceAll('"', '""')}"`;
  return `type=bind,${field("source")},${field("target")}`;
}
