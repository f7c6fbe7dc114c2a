import { describe, expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { coapRig, rigServer } from "#testing/coap-rig.ts";
import { VirtualNetwork } from "#testing/virtual-network.ts";
import { openCoapClient } from "./client.ts";
import { code } from "./code.ts";
import { observeField } from "./fields.ts";
import { decode, encode, isMessage, type Message, messageType } from "./message.ts";
import { option, optionNumber } from "./option.ts";

const to = rigServer;

/** A client that observes `t`, and a server that says what the test tells it to. */
async function observing(withObserve = true) {
  const network = new VirtualNetwork();
  const { port, heard } = network.listen(to.host, to.port);
  const bench = { clock: network, random: randomOf(4), signal: new AbortController().signal };
  const client = openCoapClient(network.open("10.0.0.2", 40_000), bench);
  const states: (readonly [string, number | undefined])[] = [];
  const observation = client.observe({
    to,
    path: "t",
    onState: ({ payload }, sequence) => states.push([payload.toString(), sequence]),
  });
  await network.pass(5);
  const requests = () => heard.map(({ bytes }) => decode(bytes)).filter(isMessage);
  const [registration] = requests();
  if (registration === undefined) throw new Error("nothing was asked");
  const { token } = registration;
  let ids = 1_000;
  const tell = async (text: string, sequence: number | undefined, more: Partial<Message> = {}) => {
    const options = sequence === undefined ? [] : [option(optionNumber.observe, sequence)];
    const told = {
      type: messageType.con,
      code: code.content,
      messageId: ids++,
      token,
      options,
      payload: Buffer.from(text),
    };
    port.send(encode({ ...told, ...more }), { host: "10.0.0.2", port: 40_000 });
    await network.pass(5);
  };
  await tell("first", withObserve ? 10 : undefined, { type: messageType.ack, messageId: registration.messageId });
  return { network, observation, states, tell, requests, registration, port, client };
}

describe("an observation", () => {
  it("tells newer states only, and acknowledges older ones, too", async () => {
    const { states, tell, requests } = await observing();
    await tell("second", 12);
    await tell("stale", 11);
    await tell("again", 12);
    await tell("third", 13);
    expect(states.map(([text]) => text)).toEqual(["first", "second", "third"]);
    expect(requests().filter(({ type }) => type === messageType.ack)).toHaveLength(4);
  });

  it("takes a lower number where 24 bits turned over, and after 128 s", async () => {
    const { states, tell, network } = await observing();
    await tell("high", 0x7ffffe);
    await tell("higher", 0xfffffd);
    await tell("over", 1);
    await tell("stale", 0xffffff);
    await network.pass(40_000);
    await tell("kept alive", 2);
    expect(states.map(([text]) => text)).toEqual(["first", "high", "higher", "over", "kept alive"]);
  });

  it("ends with what carries no Observe, and rejects what comes after cancel", async () => {
    const { states, tell, requests, observation, network } = await observing();
    await tell("end", undefined);
    expect(states.at(-1)).toEqual(["end", undefined]);
    await tell("late", 14);
    expect(states).toHaveLength(2);
    const cancelled = observation.cancel();
    await network.pass(5);
    const cancel = requests().at(-1);
    expect(observeField(cancel?.options ?? [])).toBe(1);
    await network.settle(cancelled);
    await tell("later", 15);
    expect(requests().at(-1)).toMatchObject({ type: messageType.rst });
    expect(states).toHaveLength(2);
  });

  it("is told of what it reads where the server takes no observer", async () => {
    const { states, observation } = await observing(false);
    expect(states).toEqual([["first", undefined]]);
    expect((await observation.established).payload.toString()).toBe("first");
  });

  it("registers again, with the same token, 5 to 15 s after the last state has gone stale", async () => {
    const { network, requests, registration, tell } = await observing();
    await tell("short", 11, { options: [option(optionNumber.observe, 11), option(optionNumber.maxAge, 20)] });
    const registrations = () => requests().filter((message) => message.code === code.get);
    await network.pass(24_900);
    expect(registrations()).toHaveLength(1);
    await network.pass(10_100);
    expect(registrations().length).toBeGreaterThanOrEqual(2);
    expect(registrations()[1]).toMatchObject({ token: registration.token });
    expect(observeField(registrations()[1]?.options ?? [])).toBe(0);
  });

  it("ignores notifications of another endpoint", async () => {
    const { network, states, registration } = await observing();
    const stranger = network.open("10.0.0.66", 5_683);
    const options = [option(optionNumber.observe, 99)];
    const forged = { type: messageType.non, code: code.content, messageId: 5, token: registration.token, options };
    stranger.send(encode({ ...forged, payload: Buffer.from("forged") }), { host: "10.0.0.2", port: 40_000 });
    await network.pass(10);
    expect(states).toHaveLength(1);
  });
});

it("brings large states whole, at our own server", async () => {
  const rig = coapRig();
  rig.state.set("a/large/log", "1".repeat(3_000));
  const bench = { clock: rig.network, random: randomOf(5), signal: new AbortController().signal };
  const client = openCoapClient(rig.network.open("10.0.0.2", 40_000), bench);
  const states: string[] = [];
  const observation = client.observe({
    to,
    path: "a/large/log",
    onState: ({ payload }) => states.push(payload.toString()),
  });
  await rig.network.settle(observation.established);
  rig.change("a/large/log", "2".repeat(3_000));
  await rig.network.pass(1_000);
  rig.change("a/large/log", "3");
  await rig.network.pass(1_000);
  expect(states).toEqual(["1".repeat(3_000), "2".repeat(3_000), "3"]);
  await rig.network.settle(observation.cancel());
  expect(rig.server.counts.observers).toBe(0);
});
