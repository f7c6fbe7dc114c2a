/** What the requests of one call carried, in order. */
export interface SeenCall {
  readonly port: number;
  /** In hex. */
  readonly tokens: readonly string[];
  readonly ids: readonly number[];
}

/** RFC 7252 §5.3.1: 32 bits of randomness at least where there is no other protection. */
const fewestTokenBytes = 4;

/** What an attacker could know of tokens beforehand, in words; undefined where nothing is seen. */
export function weaknessOfTokens(calls: readonly SeenCall[]): string | undefined {
  const tokens = calls.flatMap((call) => call.tokens);
  const shortest = Math.min(...tokens.map(({ length }) => length / 2));
  if (shortest < fewestTokenBytes) {
    const short = tokens.filter(({ length }) => length / 2 < fewestTokenBytes);
    const values = new Set(short).size;
    return `${short.length} of ${tokens.length} tokens have less than ${fewestTokenBytes} bytes, the shortest ${shortest}, with ${values} different values`;
  }
  const distinct = new Set(tokens).size;
  if (distinct < tokens.length) return `${tokens.length - distinct} of ${tokens.length} tokens came again`;
  const step = equalStep(tokens.map((token) => BigInt(`0x${token}`)));
  return step === undefined ? undefined : `tokens go on in steps of ${step}`;
}

/** The same of message ids: each start should begin somewhere else (RFC 7252 §4.4). */
export function weaknessOfIds(calls: readonly SeenCall[]): string | undefined {
  const firsts = calls.flatMap(({ ids }) => ids.slice(0, 1));
  if (firsts.length > 1 && new Set(firsts).size === 1) return `every call begins with message id ${firsts[0]}`;
  const step = equalStep(firsts.map(BigInt));
  return step === undefined ? undefined : `message ids go on in steps of ${step} from call to call`;
}

/** The same of source ports. */
export function weaknessOfPorts(calls: readonly SeenCall[]): string | undefined {
  const ports = calls.map(({ port }) => port);
  if (ports.length > 1 && new Set(ports).size === 1) return `every call comes from port ${ports[0]}`;
  const step = equalStep(ports.map(BigInt));
  return step === undefined ? undefined : `source ports go on in steps of ${step}`;
}

/** The step by which each value follows the one before; undefined where there is no such step, or too few values. */
function equalStep(values: readonly bigint[]): bigint | undefined {
  const steps = values.slice(1).map((value, at) => value - (values[at] ?? 0n));
  const [first] = steps;
  return steps.length > 2 && new Set(steps).size === 1 ? first : undefined;
}
