/** The id under which a check of the catalogue stands in the page: `P2.3/rejects-rollback` → `check-P2.3-rejects-rollback`. */
export function checkAnchor(id: string): string {
  return `check-${id.replaceAll(/[^A-Za-z0-9.-]/g, "-")}`;
}

/** The id under which a practice stands in the page. */
export function practiceAnchor(id: string): string {
  return `practice-${id}`;
}
