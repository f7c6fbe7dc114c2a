import { closeSync, openSync, readSync } from "node:fs";

/** Numbers of ELF's e_machine, by the names that Docker gives architectures. */
const machines: Readonly<Record<string, number>> = { amd64: 0x3e, arm64: 0xb7 };

/** Whether a file is a program for Linux on this architecture (`amd64`, `arm64`). */
export function isLinuxProgram(path: string, architecture: string): boolean {
  const head = Buffer.alloc(20);
  try {
    const file = openSync(path, "r");
    try {
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
  return head.readUInt32BE(0) === 0x7f454c46 && head.readUInt16LE(18) === machines[architecture];
}
