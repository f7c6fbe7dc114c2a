/**
 * The path that a lenient router looks a resource up by: segments joined and split anew, decoded, without empty ones and
 * dots, in lower case. Whoever judges access by the path as it came judges another one.
 */
export function loosePath(path: readonly string[]): readonly string[] {
  const loose: string[] = [];
  for (const segment of path.flatMap((each) => decoded(each).toLowerCase().split("/"))) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") loose.pop();
    else loose.push(segment);
  }
  return loose;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
