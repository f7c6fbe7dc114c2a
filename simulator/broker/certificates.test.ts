import { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { labAuthority } from "./certificates.ts";

it("makes certificates that the authority signed, for the names asked, and for a day", () => {
  const authority = labAuthority();
  const ca = new X509Certificate(authority.ca);
  const server = new X509Certificate(authority.certifyServer().cert);
  const client = new X509Certificate(authority.certifyClient("pump-0001").cert);
  expect(ca.ca).toBe(true);
  for (const leaf of [server, client]) {
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBe(25 * 3_600_000);
  }
  expect(server.checkHost("localhost")).toBe("localhost");
  expect(server.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(client.subject).toBe("CN=pump-0001");
});

it("makes a key of its own for every certificate", () => {
  const authority = labAuthority();
  expect(authority.certifyServer().key).not.toBe(authority.certifyServer().key);
});
