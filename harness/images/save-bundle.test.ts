import { expect, it } from "vitest";
import { cannotSave } from "./save-bundle.ts";

it.each([
  ["ENOSPC", "the disk is full"],
  ["EACCES", "you may not write there"],
  ["ENOENT", "there is no such folder"],
  ["EIO", "EIO: input/output error"],
])("says of %s that %s", (code, what) => {
  const fault = cannotSave("/media/usb/b.tar", Object.assign(new Error(`${code}: input/output error`), { code }));
  expect(fault).toMatchObject({ code: "E_STORE", hint: expect.stringContaining("--to") });
  expect(fault.message).toBe(`/media/usb/b.tar cannot be written: ${what}`);
});
