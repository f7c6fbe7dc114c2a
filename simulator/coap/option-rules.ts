import { isCritical, type Option, optionNumber } from "./option.ts";

interface Rule {
  readonly atLeast: number;
  readonly atMost: number;
  readonly repeatable: boolean;
}

const one = (atLeast: number, atMost: number): Rule => ({ atLeast, atMost, repeatable: false });
const many = (atLeast: number, atMost: number): Rule => ({ atLeast, atMost, repeatable: true });

/** Lengths and repetition of the options that this server knows (RFC 7252 §5.10, 7641, 7959, 8768, 9175). */
const rules = new Map<number, Rule>([
  [optionNumber.ifMatch, many(0, 8)],
  [optionNumber.uriHost, one(1, 255)],
  [optionNumber.etag, many(1, 8)],
  [optionNumber.ifNoneMatch, one(0, 0)],
  [optionNumber.observe, one(0, 3)],
  [optionNumber.uriPort, one(0, 2)],
  [optionNumber.locationPath, many(0, 255)],
  [optionNumber.uriPath, many(0, 255)],
  [optionNumber.contentFormat, one(0, 2)],
  [optionNumber.maxAge, one(0, 4)],
  [optionNumber.uriQuery, many(0, 255)],
  [optionNumber.hopLimit, one(1, 1)],
  [optionNumber.accept, one(0, 2)],
  [optionNumber.locationQuery, many(0, 255)],
  [optionNumber.block2, one(0, 3)],
  [optionNumber.block1, one(0, 3)],
  [optionNumber.size2, one(0, 4)],
  [optionNumber.proxyUri, one(1, 1034)],
  [optionNumber.proxyScheme, one(1, 255)],
  [optionNumber.size1, one(0, 4)],
  [optionNumber.echo, one(1, 40)],
  [optionNumber.requestTag, many(0, 8)],
]);

/**
 * Number of the first critical option that is unknown, has a length that it must not have, or comes once too often:
 * all of these count as not recognized (RFC 7252 §5.4.1, §5.4.3, §5.4.5). Undefined where there is none.
 * Options must be in order of their numbers.
 */
export function unrecognizedCritical(options: readonly Option[]): number | undefined {
  let before = -1;
  for (const { number, value } of options) {
    const again = number === before;
    before = number;
    if (!isCritical(number)) continue;
    const rule = rules.get(number);
    if (rule === undefined || value.length < rule.atLeast || value.length > rule.atMost) return number;
    if (again && !rule.repeatable) return number;
  }
  return undefined;
}
