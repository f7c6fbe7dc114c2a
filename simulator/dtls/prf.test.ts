import { createHmac } from "node:crypto";
import { assert, constantFrom, nat, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { expand, prf } from "./prf.ts";
import { dtlsVersion } from "./version.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(/\s/g, ""), "hex");

describe("the pseudorandom function", () => {
  it("of version 1.2 gives the test vector that was published for P_SHA256", () => {
    const secret = bytes("9bbe436ba940f017b17652849a71db35");
    const seed = bytes("a0ba9f936cda311827a6f796ffd5198c");
    expect(prf(dtlsVersion["1.2"], secret, "test label", seed, 100)).toEqual(
      bytes(`e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af
             0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701
             87347b66`),
    );
  });

  it("of version 1.0 gives the test vector that was published for MD5 and SHA-1", () => {
    expect(prf(dtlsVersion["1.0"], Buffer.alloc(48, 0xab), "PRF Testvector", Buffer.alloc(64, 0xcd), 104)).toEqual(
      bytes(`d3d4d1e349b5d515044666d51de32bab258cb521b6b053463e354832fd976754443bcf9a296519bc289abcbc1187e4eb
             d31e602353776c408aafb74cbc85eff69255f9788faa184cbb957a9819d84a5d7eb006eb459d3ae8de9810454b8b2d8f
             1afbc655a8c9a013`),
    );
  });

  it("expands by the HMAC that everybody knows", () => {
    const hashes = constantFrom("md5" as const, "sha1" as const, "sha256" as const);
    const secrets = uint8Array({ maxLength: 150 });
    assert(
      property(hashes, secrets, uint8Array({ maxLength: 90 }), nat(70), (hash, secret, seed, size) => {
        const hmac = (...content: Uint8Array[]) => createHmac(hash, secret).update(Buffer.concat(content)).digest();
        const [one, two, three, four, five] = [1, 2, 3, 4, 5].map((times) =>
          Array.from({ length: times }).reduce<Buffer>((chained) => hmac(chained), Buffer.from(seed)),
        );
        const blocks = [one, two, three, four, five].map((chained) => hmac(chained ?? Buffer.alloc(0), seed));
        expect(expand(hash, secret, seed, size)).toEqual(Buffer.concat(blocks).subarray(0, size));
      }),
    );
  });
});
