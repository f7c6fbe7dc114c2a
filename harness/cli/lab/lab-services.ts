import type { Posture } from "#contract/target.ts";
import type { ContainerRecipe } from "#targets/containers/container-recipe.ts";
import { mosquitto } from "#targets/containers/mosquitto/container.ts";
import { rabbitmq } from "#targets/containers/rabbitmq/container.ts";

/** A broker of the lab: a service of docker-compose.yml. */
export interface LabService {
  /** `mosquitto-weak` */
  readonly name: string;
  readonly recipe: ContainerRecipe;
  readonly posture: Posture;
}

/** The brokers of the lab, each weak and hardened; docker-compose.yml has a service for each. */
export const labServices: readonly LabService[] = [mosquitto, rabbitmq].flatMap((recipe) =>
  (["weak", "hardened"] as const).map((posture) => ({ name: `${recipe.name}-${posture}`, recipe, posture })),
);

/** Where `seatrial run --metrics` of each service that runs beside a broker listens, within the broker's network. */
export const metricsPorts = { fleet: 9464, assess: 9465 } as const;

/** Devices of the service `fleet`: as many as its scenario (scenarios/labs/background-fleet.yaml) has. */
export const backgroundDevices = 60;
