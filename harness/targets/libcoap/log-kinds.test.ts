import { expect, it } from "vitest";
import { libcoapLogKinds } from "./log-kinds.ts";

it.each([
  ["refused", "WARN ** 127.0.0.1:17011 <-> 127.0.0.1:60807 (if1) DTLS: Discarded message[4] due to invalid decryption"],
  ["protocol", "WARN discard malformed PDU"],
  ["error", "ERR  cannot send CoAP pdu"],
  ["error", "CRIT cannot create DTLS endpoint"],
  ["proxy", "Nov 24 22:33:03.717 INFO Proxy URI 'coap://127.0.0.1:17040/time'"],
  [undefined, "NOTE something else"],
])("counts as %s: %s", (kind, line) => {
  expect(libcoapLogKinds.find(([, sign]) => sign.test(line))?.[0]).toBe(kind);
});
