/**
 * The access list of the hardened posture: each device its own topics, the operator everything, the witness to read. `#` does not match
 * `$SYS`, so only the operator, who is named, reads it.
 */
export function accessRules(operator: string, witness: string): string {
  return [
    "pattern readwrite devices/%u/#",
    `user ${operator}`,
    "topic readwrite #",
    "topic read $SYS/#",
    `user ${witness}`,
    "topic read #",
    "",
  ].join("\n");
}
