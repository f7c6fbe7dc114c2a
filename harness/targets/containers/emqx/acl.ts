import { type BrokerAccount, ownTopics } from "../broker-accounts.ts";

/** `#` does not match topics that begin with `$`. */
const everything = ["#", "$SYS/#"];

/** The access list of the weak posture; without one of ours EMQX denies the subscription to `#`. */
export const openAcl = "{allow, all}.\n";

/** The access list of the hardened posture, from top to bottom: one rule for all devices, and nothing that no rule allows. */
export function closedAcl(accounts: readonly BrokerAccount[]): string {
  return [
    ...accounts.filter(({ may }) => may === "all").map(({ username }) => rule(username, "all", everything)),
    ...accounts.filter(({ may }) => may === "read all").map(({ username }) => rule(username, "subscribe", ["#"])),
    // EMQX puts in the user name itself.
    `{allow, all, all, [${quoted(`${ownTopics("${username}")}#`)}]}.`,
    "{deny, all}.",
    "",
  ].join("\n");
}

function rule(username: string, action: "all" | "subscribe", topics: readonly string[]): string {
  return `{allow, {username, ${quoted(username)}}, ${action}, [${topics.map(quoted).join(", ")}]}.`;
}

/** Text as a string of Erlang. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`)}"`;
}
