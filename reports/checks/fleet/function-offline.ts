import type { Answer } from "#contract/check.ts";
import type { RunRecord } from "#contract/record.ts";
import { fleetName } from "./intervals.ts";
import { judgeOutages, type Outages } from "./outages.ts";

/**
 * Whether devices performed their essential function every time it was due while they were cut off. Only intervals that
 * lie wholly within the outage count: in the others nobody knows who was still connected.
 * @param only the id of a disruption; all that sever connections where it is left out.
 */
export function judgeFunctionOffline(record: RunRecord, only?: string): Answer {
  return judgeOutages(record, only, judge);
}

function judge({ sound, planned, fleets }: Outages): Answer {
  const counts = sound.flatMap((outage) =>
    [...fleets].map(([actor, intervals]) => {
      const inside = intervals.filter(({ fromMs, toMs }) => fromMs >= outage.imposedAtMs && toMs <= outage.endsAtMs);
      const due = inside.reduce((sum, { functionDue }) => sum + functionDue, 0);
      const performed = inside.reduce((sum, { functionPerformed }) => sum + functionPerformed, 0);
      return { outage, fleet: fleetName(actor), due, performed, seqs: inside.map(({ seq }) => seq) };
    }),
  );
  const evidence = [...sound.flatMap((outage) => outage.evidence), ...counts.flatMap(({ seqs }) => seqs)];
  const failed = counts.find(({ due, performed }) => performed < due);
  const trials = {
    planned,
    run: sound.length,
    passed:
      sound.length - new Set(counts.filter(({ due, performed }) => performed < due).map((one) => one.outage)).size,
  };
  if (failed !== undefined) {
    const { fleet, outage, due, performed, seqs } = failed;
    const says = `while cut off by ${outage.name}, ${fleet} performed its function ${performed} of ${due} times that it was due`;
    return { verdict: "fail", says, evidence: [...outage.evidence, ...seqs], trials };
  }
  const idle = counts.find(({ due }) => due === 0);
  if (idle !== undefined) {
    const says = `the function of ${idle.fleet} was not due within ${idle.outage.name}; make it last longer`;
    return { verdict: "inconclusive", says, evidence };
  }
  const due = counts.reduce((sum, each) => sum + each.due, 0);
  const times = sound.map(({ name }) => name).join(", ");
  return {
    verdict: "pass",
    says: `devices cut off by ${times} performed their function all ${due} times`,
    evidence,
    trials,
  };
}
