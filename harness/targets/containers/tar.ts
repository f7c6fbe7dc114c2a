/** A file of an archive. */
export interface TarFile {
  /** Without a leading slash; at most 100 bytes. */
  readonly name: string;
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const blockBytes = 512;

/** An archive of these files as POSIX.1-1988 describes it (ustar); it ends with two empty blocks. */
export function tarOf(files: readonly TarFile[]): Buffer {
  return Buffer.concat([...files.flatMap(entry), Buffer.alloc(2 * blockBytes)]);
}

function entry(file: TarFile): readonly Buffer[] {
  const content = Buffer.from(file.content);
  const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes);
  return [header(file, content.length), content, padding];
}

function header({ name, mode, uid, gid }: TarFile, size: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`${name}: longer than the 100 bytes of a ustar name`);
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at);
  block.write(name, 0);
  octal(mode, 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write("0", 156);
  block.write("ustar", 257);
  block.write("00", 263);
  // The sum is taken with blanks where it will stand itself.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
