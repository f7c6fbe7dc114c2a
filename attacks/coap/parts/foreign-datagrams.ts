/** A datagram of another protocol, as somebody can make its server send it to a CoAP server by a forged address. */
export interface ForeignDatagram {
  readonly protocol: string;
  readonly bytes: Buffer;
}

/** None of them is a request of CoAP: the version is another one, or (SSDP) the token length or the code is none of a request. */
export const foreignDatagrams: readonly ForeignDatagram[] = [
  { protocol: "DNS reply", bytes: dnsReply() },
  { protocol: "SSDP reply", bytes: lines("HTTP/1.1 200 OK", "ST: upnp:rootdevice", "USN: uuid:0::upnp:rootdevice") },
  { protocol: "SSDP notify", bytes: lines("NOTIFY * HTTP/1.1", "NT: upnp:rootdevice", "NTS: ssdp:alive") },
  { protocol: "NTP reply", bytes: ntpReply() },
  { protocol: "DTLS handshake", bytes: dtlsRecord(22, Buffer.alloc(40, 1)) },
  { protocol: "DTLS application data", bytes: dtlsRecord(23, Buffer.alloc(24, 7)) },
  { protocol: "DTLS alert", bytes: dtlsRecord(21, Buffer.of(2, 40)) },
  { protocol: "STUN reply", bytes: Buffer.from("010100002112a442000102030405060708090a0b", "hex") },
  { protocol: "SNMP reply", bytes: Buffer.from("302902010104067075626c6963a21c0204000000010201000201003000", "hex") },
];

function dnsReply(): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x1a2b, 0);
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(1, 6);
  const name = Buffer.from("\x07example\x04test\x00", "latin1");
  const type = Buffer.of(0, 16, 0, 1);
  const text = Buffer.from("v=spf1 -all");
  const answer = Buffer.of(0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, text.length + 1, text.length);
  return Buffer.concat([header, name, type, answer, text]);
}

function lines(...text: readonly string[]): Buffer {
  return Buffer.from([...text, "", ""].join("\r\n"));
}

function ntpReply(): Buffer {
  const bytes = Buffer.alloc(48);
  // Version 4, mode server, stratum 2.
  bytes[0] = 0x24;
  bytes[1] = 2;
  return bytes;
}

function dtlsRecord(type: number, fragment: Buffer): Buffer {
  const header = Buffer.from([type, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, fragment.length]);
  return Buffer.concat([header, fragment]);
}
