/** An identity that an attack named among its needs, so that the engine launches it only where there is one. */
export function needed<I>(identity: I | undefined): I {
  if (identity === undefined) throw new Error("an identity that this attack needs is missing");
  return identity;
}
