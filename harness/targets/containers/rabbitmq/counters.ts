import type { Tally } from "#contract/target.ts";
import type { ContainerInside } from "../container-recipe.ts";

/**
 * Logins that were accepted, messages that came in, and messages that were handed to subscribers, of all protocols. The
 * counters are those of the running node at this moment, not of its last statistics.
 */
const asked = [
  "Counters = maps:values(rabbit_global_counters:overview())",
  "Sum = fun(Key) -> lists:sum([maps:get(Key, Each, 0) || Each <- Counters]) end",
  "Logins = lists:sum([Accepted || {_, _, Accepted, _} <- ets:tab2list(auth_attempt_metrics)])",
  "{Logins, Sum(messages_received_total), Sum(messages_delivered_total)}.",
].join(", ");

/**
 * Reads the counters of RabbitMQ; takes about a second, in which a program of its own starts. Retained messages that a
 * new subscription brings are not among those sent, wills are among those received. After a second start nothing is
 * said: RabbitMQ has forgotten what it counted before, and leaves lines out of its log when there are many. Throws where
 * the counters cannot be read.
 */
export async function rabbitTally({ exec, starts }: Pick<ContainerInside, "exec" | "starts">): Promise<Tally> {
  const from = "rabbitmqctl eval";
  if (starts > 1) return { from };
  const { exitCode, output } = await exec(["rabbitmqctl", "-q", "eval", asked]);
  const numbers = /\{(\d+),\s*(\d+),\s*(\d+)\}/.exec(output)?.slice(1).map(Number);
  if (exitCode !== 0 || numbers === undefined) {
    throw new Error(`RabbitMQ's counters: rabbitmqctl ended with ${exitCode}: ${output.trim()}`);
  }
  const [connections = 0, publishesReceived = 0, publishesSent = 0] = numbers;
  return { connections, publishesReceived, publishesSent, from };
}
