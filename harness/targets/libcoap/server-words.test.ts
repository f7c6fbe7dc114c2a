import { describe, expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { coapIdentities, manualKey, type PskKeys } from "./coap-identities.ts";
import { serverKnobsOf } from "./server-knobs.ts";
import { groupWords, rdWords, type ServerSetting, serverWords } from "./server-words.ts";

const files = new Map<string, string>();
const write = (name: string, content: string): string => {
  files.set(name, content);
  return `/secret/${name}`;
};
const setting: ServerSetting = { bind: "127.0.0.1", port: 5_700, dynamicResources: 0, proxy: false };

/** The words of a server with these keys, as one line, and its file of keys. */
function withKeys(keys: PskKeys): { readonly line: string; readonly keyFile: string | undefined } {
  files.clear();
  const identities = coapIdentities(randomOf(3), 1, keys);
  const line = serverWords({ ...setting, psk: { keys, identities, decoy: "decoy" } }, write).join(" ");
  return { line, keyFile: files.get("identities") };
}

describe("the words for coap-server", () => {
  it("bind it to the address and port that it is told, and nothing else unless asked for", () => {
    expect(serverWords(setting, write)).toEqual(["-A", "127.0.0.1", "-p", "5700", "-v", "4"]);
  });

  it("let it take resources and forward requests where that is wanted", () => {
    const line = serverWords({ ...setting, dynamicResources: 7, proxy: true }, write).join(" ");
    expect(line).toContain("-d 7");
    expect(line).toContain("-P ,");
  });

  it("give each identity a key of its own in a file, and who is not in it one that nobody knows", () => {
    const { line, keyFile } = withKeys("per-device");
    expect(line).toContain("-h CoAP -k decoy -i /secret/identities");
    const lines = keyFile?.trim().split("\n") ?? [];
    expect(lines.map((each) => each.split(",").slice(0, 2))).toEqual(
      ["operator", "seatrial-witness", "intruder", "victim", "device-0001"].map((name) => ["CoAP", name]),
    );
    expect(new Set(lines.map((each) => each.split(",")[2])).size).toBe(lines.length);
    expect(line).not.toContain(manualKey);
  });

  it("give all the same key where it is shared, and that of the manuals where it is the default", () => {
    expect(withKeys("shared").line).toMatch(/-k [0-9a-f]{32}$/);
    expect(withKeys("shared").keyFile).toBeUndefined();
    expect(withKeys("default").line).toMatch(/-h CoAP -k secretPSK$/);
  });
});

it("binds a member of a group to the group's address on the loopback interface alone", () => {
  expect(groupWords("224.0.1.187", 5_700).join(" ")).toBe("-A 224.0.1.187 -p 5700 -v 4 -g 224.0.1.187 -G lo");
});

it("gives coap-rd a key only where it speaks DTLS", () => {
  expect(rdWords({ port: 5_700 }).join(" ")).toBe("-A 127.0.0.1 -p 5700 -v 4");
  expect(rdWords({ port: 5_700, key: "k" }).join(" ")).toBe("-A 127.0.0.1 -p 5700 -v 4 -h CoAP -k k");
});

describe("the knobs of coap-server", () => {
  it("follow the posture", () => {
    expect(serverKnobsOf("weak", {})).toMatchObject({ dynamicResources: 100, pskKeys: "default" });
    expect(serverKnobsOf("hardened", {})).toMatchObject({ dynamicResources: 0, pskKeys: "per-device" });
  });

  it("give way to what was asked for, one by one", () => {
    const asked = serverKnobsOf("hardened", { proxy: true });
    expect(asked).toEqual({ ...serverKnobsOf("hardened", {}), proxy: true });
  });
});
