import { describe, expect, it } from "vitest";
import { isTlv, readTlv } from "#simulator/coap/lwm2m-tlv.ts";
import { contentFormat } from "#simulator/coap/option.ts";
import { bodyVectors } from "./tlv-vectors.ts";

const tlv = bodyVectors.filter(({ format }) => format === contentFormat.lwm2mTlv);

describe("bodies that are not what they say", () => {
  it.each(tlv)("$id is no TLV to who looks closely", ({ body }) => {
    expect(isTlv(readTlv(body))).toBe(false);
  });

  it("are TLV for who does not, but for those that have no end", () => {
    const taken = tlv.filter(({ body }) => isTlv(readTlv(body, { lenient: true }))).map(({ id }) => id);
    expect(taken).toEqual(tlv.map(({ id }) => id).filter((id) => !id.includes("thousand")));
  });

  it("are ten, each of an id of its own", () => {
    expect(new Set(bodyVectors.map(({ id }) => id)).size).toBe(10);
  });
});
