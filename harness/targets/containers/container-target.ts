import { z } from "zod";
import type { Target } from "#contract/target.ts";
import { offersOf } from "./container-capabilities.ts";
import type { ContainerRecipe } from "./container-recipe.ts";

const knobs = z.strictObject({
  image: z
    .string()
    .regex(/^[\w.-]+(:\d+)?(\/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/, "name:tag")
    .optional()
    .describe("another image of the same product, for example one of a newer version"),
});

/** The target `container:<name>`: this system in a container, with a configuration of ours. */
export function containerTarget(recipe: ContainerRecipe): Target {
  const { name, title, speaks, listeners, remembersStrain, unverified } = recipe;
  return {
    id: `container:${name}`,
    title,
    speaks,
    offers: offersOf(recipe),
    listens: listeners.map(({ scheme }) => scheme),
    knobs,
    ...(remembersStrain !== undefined && { remembersStrain }),
    ...(unverified !== undefined && { unverified }),
    async start(bench, claim, order) {
      // Only who starts a container pays for loading what talks to Docker.
      const { startContainer } = await import("./start-container.ts");
      const { image = recipe.image } = knobs.parse(order.knobs);
      return startContainer(recipe, image, { bench, claim, order });
    },
  };
}
