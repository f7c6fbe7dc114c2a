import type { Attack } from "#contract/attack.ts";
import type { Catalogue } from "#contract/catalogue.ts";

/** The page docs/coap-cases.md: every test case of CoAP with the attacks that carry it out and the questions they answer. */
export function casePage({ attacks }: Catalogue): string {
  const carrying = [...attacks.values()].filter(({ references }) => (references.cases ?? []).length > 0);
  const byCase = new Map<string, Attack[]>();
  for (const attack of carrying) {
    for (const name of attack.references.cases ?? []) byCase.set(name, [...(byCase.get(name) ?? []), attack]);
  }
  const rows = [...byCase]
    .toSorted(([one], [other]) => one.localeCompare(other, "en"))
    .map(
      ([name, carriers]) => `| ${name} | ${carriers.map(({ id }) => `\`${id}\``).join(" ")} | ${clausesOf(carriers)} |`,
    );
  const sections = carrying.flatMap((attack) => [
    `### ${attack.id}`,
    "",
    `${attack.title}. Severity ${attack.severity}; cases ${(attack.references.cases ?? []).join(", ")}.`,
    "",
    ...attack.checks.map(({ id, asks, covers }) => `- \`${id}\` (${covers}): ${asks}`),
    "",
  ]);
  return [
    "# Test cases of CoAP",
    "",
    "Made from the attacks themselves by `npm run schema`. What an attack sends and how it is judged: `seatrial explain <id>`.",
    "",
    `${byCase.size} cases, ${carrying.length} attacks, ${carrying.flatMap(({ checks }) => checks).length} questions.`,
    "",
    "| case | attacks | clauses |",
    "|---|---|---|",
    ...rows,
    "",
    "## The attacks and their questions",
    "",
    ...sections,
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function clausesOf(carriers: readonly Attack[]): string {
  return [...new Set(carriers.flatMap(({ references }) => references.clauses ?? []))].join(", ");
}
