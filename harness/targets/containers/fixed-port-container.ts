import { Readable } from "node:stream";
import type { ContainerCreateOptions, HostConfig } from "dockerode";
import { GenericContainer, PullPolicy, type WaitStrategy } from "testcontainers";
import type { Archive } from "./container-options.ts";
import type { Labels } from "./labels.ts";

/** What the container is made of. */
export interface FixedPortPlan {
  readonly name: string;
  readonly image: string;
  readonly labels: Labels;
  readonly networkId: string;
  readonly hostConfig: HostConfig;
  readonly create: ContainerCreateOptions;
  readonly archives: readonly Archive[];
  /** Called when it exists and before it starts. */
  readonly onCreated: (id: string) => Promise<void>;
}

/** Whether a broker is ready is told by a CONNECT, not by what can be seen from Docker. */
const notAtAll: WaitStrategy = {
  waitUntilReady: () => Promise.resolve(),
  withStartupTimeout: () => notAtAll,
  isStartupTimeoutSet: () => false,
  getStartupTimeout: () => 0,
};

/** A container of testcontainers with ports, limits and labels that it has no words for. */
export class FixedPortContainer extends GenericContainer {
  readonly #onCreated: FixedPortPlan["onCreated"];

  constructor({ name, image, labels, networkId, hostConfig, create, archives, onCreated }: FixedPortPlan) {
    super(image);
    this.#onCreated = onCreated;
    this.createOpts = { ...this.createOpts, ...create };
    this.hostConfig = { ...this.hostConfig, ...hostConfig };
    this.withName(name);
    this.withLabels(labels);
    this.withNetworkMode(networkId);
    this.withCopyArchivesToContainer(archives.map(({ into, tar }) => ({ tar: Readable.from([tar]), target: into })));
    this.withWaitStrategy(notAtAll);
    this.withPullPolicy(PullPolicy.neverPull());
    // Its reaper would be started here even where its image is missing; the session's label is among ours where there is one.
    this.withAutoCleanup(false);
  }

  protected override containerCreated(id: string): Promise<void> {
    return this.#onCreated(id);
  }
}
