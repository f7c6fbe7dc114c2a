import { LabError } from "#contract/errors.ts";
import { kindOfDocument } from "#plan/document-kind.ts";

/** Refuses a scenario where a product is wanted, and the other way round, with the command that takes it. */
export function expectKind(
  source: { readonly text: string; readonly file: string },
  wanted: "scenario" | "product",
): void {
  const kind = kindOfDocument(source);
  if (kind === wanted || kind === undefined) return;
  const command = { scenario: "run", product: "assess", scope: "run … --scope", identities: "run … --identities" }[
    kind
  ];
  throw new LabError(
    "E_USAGE",
    `${source.file} is a ${kind} file, not a ${wanted} file`,
    `Use it with: seatrial ${command} ${source.file}`,
  );
}
