import type { Check } from "#contract/check.ts";
import type { Json, Observation } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import type { Report } from "#contract/report.ts";
import { checkOf, sampleChecks, sampleProduct, sampleRun } from "./sample-run.ts";

/**
 * A report of a run in which `text` stands wherever a device, a broker, a file of the user or an error could have put
 * it: names, titles, details, error messages, findings.
 * @param judge the judge under test; passed in, because this folder knows only the contract
 */
export function hostileReport(
  judge: (record: RunRecord, checks: readonly Check[]) => Report,
  text: string,
  { header, history }: RunRecord = sampleRun(),
): Report {
  const record: RunRecord = {
    header: {
      ...header,
      id: text,
      seed: text,
      command: text,
      scenario: { id: text, title: text },
      target: { ...header.target, id: text, product: text, knobs: { [text]: text } },
      fleets: [{ device: text, size: 3, posture: { [text]: text } }],
      expects: [...header.expects, { metric: text, atMost: 1 }],
      ended: { code: text, message: text },
      state: "aborted",
      product: {
        ...sampleProduct,
        title: text,
        reasons: { data: text },
        floors: [{ dimension: "safety", level: 2, because: text }],
        notApplicable: [{ check: "P2.2/mixed-versions-stay-safe", because: text }],
      },
      authorization: { owner: text, expires: text },
    },
    history: history.map((seen) => poisoned(seen, text)),
  };
  return judge(record, [
    ...sampleChecks,
    {
      ...checkOf(text, "P1.1/closed-by-default", { verdict: "fail", says: text }, "attack:mqtt.topic-snoop"),
      remedy: text,
      needs: [text],
    },
    { ...checkOf(text, "P2.4/security-txt-valid", { verdict: "not-tested", says: text }), needs: [text] },
  ]);
}

function poisoned(seen: Observation, text: string): Observation {
  const { detail, error, wire, actor } = seen;
  return Object.assign({}, seen, {
    ...(detail !== undefined && { detail: poison(detail, text) }),
    ...(error && { error: { code: text, message: text } }),
    ...(wire && { wire: { ...wire, file: text } }),
    ...(actor === "attack:mqtt.connect-flood" && { actor: `attack:${text}` }),
  });
}

function poison(value: Json, text: string): Json {
  if (typeof value === "string") return text;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each: Json) => poison(each, text));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, poison(each, text)]));
}
