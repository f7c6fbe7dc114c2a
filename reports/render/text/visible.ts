/**
 * Characters that a reader cannot see or that turn text around: controls, zero-width and bidirectional marks, line
 * separators, tags, lone surrogates and noncharacters. XML 1.0 forbids many of them outright.
 */
const unseen =
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\uffff\u{e0000}-\u{e0fff}]/gu;

/** The same text with every unseen character spelled out as `\u{202e}`; line feed and tab stay. */
export function visible(text: string): string {
  return text.replaceAll(unseen, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
