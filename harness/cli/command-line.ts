import type { RunOptions } from "./options.ts";

/** The command that repeats a run: only what differs from the defaults, quoted for a POSIX shell. */
export function commandLine(command: string, file: string, options: RunOptions): string {
  const words = ["seatrial", command, file, "--seed", options.seed];
  if (options.target !== undefined) words.push("--target", options.target);
  if (options.posture !== undefined) words.push("--posture", options.posture);
  for (const knob of options.knob) words.push("--knob", knob);
  if (options.identities !== undefined) words.push("--identities", options.identities);
  if (options.ca !== undefined) words.push("--ca", options.ca);
  if (options.scope !== undefined) words.push("--scope", options.scope);
  return words.map(quoted).join(" ");
}

function quoted(word: string): string {
  return /^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
