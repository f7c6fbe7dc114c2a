/**
 * A calendar day (`2027-06-30`, meaning its end, UTC) or a time (`2027-06-30T12:00:00Z`) as ISO 8601 in UTC, so that
 * two of them compare as text; undefined for anything else, days that the calendar lacks included.
 */
export function isoOf(text: string): string | undefined {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0];
  if (day === undefined || !/^.{10}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text))
    return undefined;
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // Some engines roll 30 February over into March; the lab does not.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined;
  const moment = Date.parse(text.length === 10 ? `${text}T23:59:59.999Z` : text);
  return Number.isNaN(moment) ? undefined : new Date(moment).toISOString();
}
