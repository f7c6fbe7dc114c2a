/** Whether a topic matches a filter (MQTT 3.1.1 §4.7); a wildcard at the beginning does not match a topic that begins with `$`. */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  if (topic.startsWith("$") && (wanted[0] === "#" || wanted[0] === "+")) return false;
  for (const [n, level] of wanted.entries()) {
    // `a/#` matches `a`, too.
    if (level === "#") return levels.length >= n;
    if (levels.length <= n || (level !== "+" && level !== levels[n])) return false;
  }
  return levels.length === wanted.length;
}
