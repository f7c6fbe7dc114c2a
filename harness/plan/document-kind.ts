import { readDocument, type Source } from "./document.ts";
import { isMapping } from "./fields.ts";
import { identitiesShape } from "./identities-shape.ts";
import { productShape } from "./product-shape.ts";
import { scenarioShape } from "./scenario-file.ts";
import { scopeShape } from "./scope-file.ts";

/** The kinds of file that people write. */
export type DocumentKind = "scenario" | "product" | "scope" | "identities";

const kinds: readonly {
  readonly kind: DocumentKind;
  readonly marks: readonly string[];
  readonly keys: readonly string[];
}[] = [
  { kind: "scenario", marks: ["scenario"], keys: Object.keys(scenarioShape) },
  { kind: "product", marks: ["product"], keys: Object.keys(productShape) },
  { kind: "scope", marks: ["owner"], keys: Object.keys(scopeShape) },
  { kind: "identities", marks: ["operator", "intruder", "victim", "devices"], keys: Object.keys(identitiesShape) },
];

/**
 * Tells by its keys what a file is; undefined where it is none of ours. A file whose telling key is misspelt is known
 * by its other keys, two at least. Throws E_PLAN where it is not YAML.
 */
export function kindOfDocument(source: Source): DocumentKind | undefined {
  const { value } = readDocument(source);
  if (!isMapping(value)) return undefined;
  const marked = kinds.find(({ marks }) => marks.some((mark) => Object.hasOwn(value, mark)));
  if (marked !== undefined) return marked.kind;
  const [best] = kinds
    .map(({ kind, keys }) => ({ kind, shared: keys.filter((key) => Object.hasOwn(value, key)).length }))
    .filter(({ shared }) => shared >= 2)
    .toSorted((one, other) => other.shared - one.shared);
  return best?.kind;
}
