import { array, assert, boolean, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { packFirmware } from "./firmware-package.ts";
import { type Firmware, type FirmwareEvent, stepFirmware } from "./firmware-update.ts";

const good = packFirmware("2.0", Buffer.from("image"));
const cracked = Buffer.concat([good.subarray(0, -1), Buffer.of(0)]);

const idle: Firmware = { state: 0, result: 0, uri: "", installed: "1.0" };
const downloading: Firmware = { ...idle, state: 1, uri: "coap://127.0.0.1/firmware" };
const downloaded: Firmware = { ...idle, state: 2, staged: "2.0" };
const updating: Firmware = { ...downloaded, state: 3 };

const written = (bytes: Buffer): FirmwareEvent => ({ kind: "package-written", bytes });
const uri = (text: string): FirmwareEvent => ({ kind: "uri-written", uri: text });
const update: FirmwareEvent = { kind: "update" };
const cancel: FirmwareEvent = { kind: "cancel" };
const reboot: FirmwareEvent = { kind: "reboot" };

describe("the firmware object", () => {
  it.each<readonly [string, Firmware, FirmwareEvent, Partial<Firmware>]>([
    ["takes a package that is pushed", idle, written(good), { state: 2, result: 0, staged: "2.0" }],
    ["does not take one of another type", idle, written(Buffer.from("ELF")), { state: 0, result: 6 }],
    ["does not take one that is damaged", idle, written(cracked), { state: 0, result: 5 }],
    ["begins to fetch from a URI", idle, uri("coap://x"), { state: 1, result: 0, uri: "coap://x" }],
    ["takes what it has fetched", downloading, { kind: "fetched", bytes: good }, { state: 2, result: 0 }],
    ["says why fetching failed", downloading, { kind: "fetch-failed", because: 4 }, { state: 0, result: 4, uri: "" }],
    ["does not take what comes after a cancel", idle, { kind: "fetched", bytes: good }, idle],
    ["installs what it has downloaded", downloaded, update, { state: 3 }],
    [
      "has the new version when that is done",
      updating,
      { kind: "installed" },
      { state: 0, result: 1, installed: "2.0" },
    ],
    ["gives up a package for an empty one", downloaded, written(Buffer.of(0)), { state: 0, result: 0 }],
    ["gives up a package for an empty URI", downloaded, uri(""), { state: 0, result: 0 }],
    ["cancels before it installs", downloaded, cancel, { state: 0, result: 10 }],
    ["still has its package after a reboot", updating, reboot, { state: 2, result: 0 }],
    ["keeps its last result over a reboot", { ...downloading, result: 5 }, reboot, { state: 0, result: 5 }],
  ])("%s", (_, before, event, after) => {
    const step = stepFirmware(before, event, true);
    expect(step.isRefused).toBeUndefined();
    expect(step.firmware).toMatchObject(after);
  });

  it.each([
    ["Update while idle", idle, update, { state: 3 }],
    ["Update while downloading", downloading, update, { state: 3 }],
    ["Update while updating", updating, update, { state: 3 }],
    ["Cancel while updating", updating, cancel, { state: 0, result: 10 }],
    ["a package while downloading", downloading, written(good), { state: 2 }],
    ["a package while updating", updating, written(Buffer.of(0)), { state: 0 }],
    ["a URI while updating", updating, uri(""), { state: 0 }],
  ] as const)("refuses %s, unless states are not checked", (_, before, event, loose) => {
    expect(stepFirmware(before, event, true)).toEqual({ firmware: before, isRefused: true });
    expect(stepFirmware(before, event, false)).toMatchObject({ firmware: loose });
  });

  it("installs nothing but whole packages while states are checked, whatever happens in whatever order", () => {
    const events = constantFrom<FirmwareEvent>(
      written(good),
      written(cracked),
      written(Buffer.alloc(0)),
      uri("coap://x"),
      uri(""),
      { kind: "fetched", bytes: good },
      { kind: "fetch-failed", because: 4 },
      update,
      cancel,
      reboot,
      { kind: "installed" },
    );
    assert(
      property(array(events, { maxLength: 30 }), boolean(), (story, isChecked) => {
        let firmware = idle;
        for (const event of story) firmware = stepFirmware(firmware, event, isChecked).firmware;
        expect(isChecked ? ["1.0", "2.0"] : ["1.0", "2.0", "none"]).toContain(firmware.installed);
        expect(firmware.state === 2).toBe(firmware.state === 2 && firmware.staged !== undefined);
      }),
    );
  });
});
