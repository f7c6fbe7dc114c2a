import { expect, it } from "vitest";
import type { Executed } from "../container-recipe.ts";
import { rabbitTally } from "./counters.ts";

const tally = (answer: Partial<Executed>, starts = 1) =>
  rabbitTally({ starts, exec: () => Promise.resolve({ exitCode: 0, output: "", ...answer }) });

it("reads what RabbitMQ answers", async () => {
  expect(await tally({ output: "{12,345,\n 6}\n" })).toEqual({
    connections: 12,
    publishesReceived: 345,
    publishesSent: 6,
    from: "rabbitmqctl eval",
  });
});

it("says nothing once the counters have begun anew", async () => {
  expect(await tally({ output: "{1,2,3}" }, 2)).toEqual({ from: "rabbitmqctl eval" });
});

it("fails with the words of rabbitmqctl where it cannot ask", async () => {
  await expect(tally({ exitCode: 69, output: "unable to connect" })).rejects.toThrow("unable to connect");
  await expect(tally({ exitCode: 69, output: "{1,2,3}" })).rejects.toThrow("69");
  await expect(tally({ output: "{badrpc,nodedown}" })).rejects.toThrow("nodedown");
});
