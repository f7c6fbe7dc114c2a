/**
 * The access list of the hardened posture: each device its own topics, the operator everything, the witness to read, the
 * counter the broker's counters. `#` does not match `$SYS`, so only who is named reads it.
 *
 * @param counter an account of its own for reading the counters while the operator's is in use; none where absent.
 */
export function accessRules(operator: string, witness: string, counter?: string): string {
  return [
    "pattern readwrite devices/%u/#",
    `user ${operator}`,
    "topic readwrite #",
    "topic read $SYS/#",
    `user ${witness}`,
    "topic read #",
    ...(counter === undefined ? [] : [`user ${counter}`, "topic read $SYS/broker/#"]),
    "",
  ].join("\n");
}
