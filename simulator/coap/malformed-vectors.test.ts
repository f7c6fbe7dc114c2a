import { expect, it } from "vitest";
import { coapRig } from "#testing/coap-rig.ts";
import { codeText } from "./code.ts";
import { type Message, messageType } from "./message.ts";

/** Datagrams and what RFC 7252, 7641 and 7959 ask of a server that gets one: name, bytes, answer. */
const vectors: readonly (readonly [string, string, string])[] = [
  ["1-byte datagram", "40", "silent"],
  ["version 0", "00011234", "silent"],
  ["version 2", "80011234", "silent"],
  ["TKL 9", "49011234313233343536373839", "rst"],
  ["TKL 12", "4c011234313233343536373839303132", "rst"],
  ["Empty with payload", "40001234ff78", "rst"],
  ["unsolicited ACK Empty", "60001234", "silent"],
  ["RST with GET code", "70011234", "silent"],
  ["code 1.00 CON", "40201234", "rst"],
  ["code 6.00 CON", "40c01234", "rst"],
  ["method 0.31 unassigned", "401f1234", "4.05"],
  ["unsolicited 2.05 CON response", "40451234ff78", "rst-or-silent"],
  ["payload marker without payload", "40011234ff", "rst"],
  ["option delta nibble 15", "40011234f0", "rst"],
  ["option length nibble 15", "400112341f", "rst"],
  ["option length 5, 3 bytes left", "40011234b5616263", "rst"],
  ["extended length 65804, no bytes", "40011234beffff", "rst"],
  ["option number overflow via two deltas", "40011234e0ffffe0ffff", "rst"],
  ["unknown critical option 65001 (CON)", "40011234e1fcdc78", "4.02"],
  ["unknown elective option 65000", "40011234bb2e77656c6c2d6b6e6f776e04636f7265e1fcd078", "2.05"],
  ["Uri-Port length 4", "400112347400000016", "4.02"],
  ["Accept repeated", "40011234bb2e77656c6c2d6b6e6f776e04636f726561280128", "4.02"],
  ["Block2 SZX 7", "40011234bb2e77656c6c2d6b6e6f776e04636f7265c107", "4.00"],
  ["Block2 length 4", "40011234bb2e77656c6c2d6b6e6f776e04636f7265c4fffffff6", "4.02"],
  ["Block2 NUM 1048575", "40011234bb2e77656c6c2d6b6e6f776e04636f7265c3fffff6", "4.00"],
  ["Observe length 4", "4001123464000000005b2e77656c6c2d6b6e6f776e04636f7265", "2.05"],
  ["Uri-Path segment of 256 bytes", `40011234bdf3${"41".repeat(256)}`, "4.02"],
  ["Uri-Path invalid UTF-8", "40011234b2fffe", "4.04/4.00"],
  ["300 Uri-Path options", `40011234b161${"0161".repeat(299)}`, "4.04"],
  ["OSCORE option, unknown kid", "4001123493090001", "4.02 or 4.01"],
  ["OSCORE option malformed flags", "400112349d07ffffffffffffffffffffffffffffffffffffffff", "4.02"],
  [
    "Block1 SZX 7",
    "40031234bc6578616d706c655f64617461d1030fff41414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141",
    "4.00",
  ],
  [
    "Block1 M=1, payload shorter than block size",
    "40031234bc6578616d706c655f64617461d1030eff41414141414141414141",
    "4.00",
  ],
  [
    "Block1 starts at NUM 5",
    "40031234bc6578616d706c655f64617461d1035aff41414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141",
    "4.08",
  ],
];

it.each(vectors)("%s (%s) is answered by %s", async (_, hex, expected) => {
  const rig = coapRig({ firstResponse: "whole", freshness: "none" });
  rig.state.set(".well-known/core", "</a>");
  const peer = rig.peer();
  peer.send(hex);
  const answers = (await peer.hear()).map(nameOf);
  expect(expected.split(/ or |-or-|\//)).toContain(answers.join() || "silent");
  expect((await peer.ask("4001ffffbb2e77656c6c2d6b6e6f776e04636f7265")).payload.length).toBe(4);
});

it("stays alive after a GET with a long payload, and one with 1,200 empty options", async () => {
  const peer = coapRig().peer();
  peer.send(`40011234b161ff${"70".repeat(1_400)}`);
  peer.send(`40011235b161${"00".repeat(1_200)}`);
  expect((await peer.hear()).map(nameOf)).toEqual(["4.04", "4.04"]);
});

function nameOf({ type, code }: Message): string {
  return type === messageType.rst ? "rst" : codeText(code);
}
