/** Variables as Docker Compose reads them from an `env_file`; those of a container that needs none are an empty file. */
export function environmentText(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${written(name, value)}\n`)
    .join("");
}

/** Compose would fill in `$NAME` and end at `#`, but not between single quotes, which cannot be escaped there. */
function written(name: string, value: string): string {
  if (/^[\w./:@,+=-]*$/.test(value)) return value;
  if (/['\n]/.test(value)) throw new Error(`${name}: a value with a quote or a line break cannot be given to Compose`);
  return `'${value}'`;
}
