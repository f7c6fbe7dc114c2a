import { expect, it } from "vitest";
import { topicsBelow } from "#contract/identity.ts";
import { brokerAccounts, ownTopics } from "./broker-accounts.ts";

const person = (username: string) => ({ clientId: username, username, password: `password of ${username}` });
const device = (username: string) => ({ ...person(username), topics: topicsBelow(`devices/${username}`) });

it("gives the operator everything, the witness all to read, and everybody else what is their own", () => {
  const accounts = brokerAccounts({
    operator: person("operator"),
    witness: person("counts"),
    intruder: device("intruder"),
    victim: device("victim"),
    devices: [device("d1")],
  });
  expect(accounts.map(({ username, may }) => [username, may])).toEqual([
    ["operator", "all"],
    ["counts", "read all"],
    ["intruder", "own"],
    ["victim", "own"],
    ["d1", "own"],
  ]);
  expect(accounts.every(({ username, password }) => password === `password of ${username}`)).toBe(true);
});

it("calls those topics own that an identity has", () => {
  const { topics } = device("d1");
  expect(Object.values(topics).filter((topic) => !topic.startsWith(ownTopics("d1")))).toEqual([]);
});
