import { tlvHead, writeTlv } from "#simulator/coap/lwm2m-tlv.ts";
import { contentFormat } from "#simulator/coap/option.ts";

/** A body that is not what its content format says, for the server object of LwM2M. */
export interface BodyVector {
  readonly id: string;
  readonly format: number;
  readonly body: Buffer;
}

/** Lifetime, an integer that every device has and that may be written. */
const lifetime = 1;
/** What a reader takes that does not look closely: the lifetime that most devices have anyway. */
const seconds = Buffer.from([0, 1, 0x51, 0x80]);

const head = tlvHead;
const whole = writeTlv([{ kind: "resource", id: lifetime, value: seconds }]);
const tlv = (id: string, ...parts: readonly Buffer[]): BodyVector => ({
  id,
  format: contentFormat.lwm2mTlv,
  body: Buffer.concat(parts),
});

/** Levels of a nesting that has no end in sight. */
const deep = 1_000;

/** Vectors of LwM2M Core 1.2 §7.4.5 (TLV), §7.4.4 (SenML JSON) and §7.4.6 (SenML CBOR) that no reader may take. */
export const bodyVectors: readonly BodyVector[] = [
  tlv("an entry longer than the body", head("resource", lifetime, 40), seconds),
  tlv("an entry of 16 MiB in four bytes", head("resource", lifetime, 0xffffff), seconds),
  tlv("a body that ends in a head", whole, Buffer.from([0xd8, 0x01])),
  tlv(
    "an entry longer than the instance around it",
    head("object-instance", 0, 4),
    head("resource", lifetime, 60),
    seconds,
  ),
  tlv(
    "an entry longer than the multiple resource around it",
    head("multiple-resource", lifetime, 3),
    head("resource-instance", 0, 50),
    seconds,
  ),
  tlv("an instance of a resource that lies in none", head("resource-instance", lifetime, seconds.length), seconds),
  tlv("an instance in an instance", ...nested(2), whole),
  tlv("instances a thousand deep", ...nested(deep), whole),
  {
    id: "SenML JSON that ends too early",
    format: contentFormat.senmlJson,
    body: Buffer.from('[{"bn":"/1/0/","n":"1","v":'),
  },
  { id: "SenML CBOR of arrays a thousand deep", format: 112, body: Buffer.alloc(deep, 0x81) },
];

/** Heads of object instances in one another, each as long as what lies in it. */
function nested(levels: number): readonly Buffer[] {
  const heads: Buffer[] = [];
  let length = whole.length;
  for (let n = 0; n < levels; n += 1) {
    const outer = head("object-instance", 0, length);
    heads.unshift(outer);
    length += outer.length;
  }
  return heads;
}
