/** What an attack named among its needs, so that the engine launches it only where there is one. */
export function needed<T>(given: T | undefined): T {
  if (given === undefined) throw new Error("something that this attack needs is missing");
  return given;
}
