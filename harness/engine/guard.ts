import { BlockList, isIP } from "node:net";
import type { LabAddress } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Scope } from "#contract/scope.ts";
import type { Claim } from "#contract/target.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Hard caps of one unit at one address, whatever a scope file allows. */
const cap = { connections: 2_000, ratePerSecond: 20_000 };

/** True for 127.0.0.0/8 and ::1, written as literals. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 6 ? "ipv6" : "ipv4");
}

/**
 * The one door to a {@link LabAddress}. A name is resolved here, once, and every address it has must be allowed, so that
 * a second answer of the same name cannot lead elsewhere; units only ever see the literal that was checked.
 * @param nowIso when the run starts; a scope that has expired by then opens nothing.
 */
export function guard(resolve: (name: string) => Promise<readonly string[]>, nowIso: string, scope?: Scope): Claim {
  return async ({ scheme, host, port, serverName, ca, path }) => {
    const named = isIP(host) === 0 ? host : undefined;
    const addresses = named === undefined ? [host] : await resolve(named);
    const [address] = addresses;
    if (address === undefined) {
      throw new LabError("E_TARGET_UNREACHABLE", `${host}: the name has no address`, "Check the spelling of the host.");
    }
    const outside = addresses.filter((each) => !isLoopback(each));
    const entry = scope?.targets.find((target) => covers(target, named, outside, port));
    if (outside.length > 0) admit(scope, entry !== undefined, `${host}:${port}`, nowIso);
    const limits = entry === undefined ? {} : (scope?.limits ?? {});
    const facts = {
      scheme,
      host: address,
      port,
      ...(serverName === undefined && named === undefined ? {} : { serverName: serverName ?? named }),
      ...(ca !== undefined && { ca }),
      ...(path !== undefined && { path }),
      maxConnections: Math.min(limits.connections ?? cap.connections, cap.connections),
      maxRatePerSecond: Math.min(limits.ratePerSecond ?? cap.ratePerSecond, cap.ratePerSecond),
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand exists so that this is the only place
    return facts as LabAddress;
  };
}

function covers(
  target: Scope["targets"][number],
  named: string | undefined,
  outside: readonly string[],
  port: number,
): boolean {
  if (target.ports !== "any" && !target.ports.includes(port)) return false;
  return target.host === named || (outside.length > 0 && outside.every((address) => address === target.host));
}

function admit(scope: Scope | undefined, named: boolean, where: string, nowIso: string): void {
  if (scope === undefined) {
    throw new LabError(
      "E_OUT_OF_SCOPE",
      `${where} is not a loopback address`,
      "Attack only what you own. Write a scope file that names it (see docs/scope.md) and pass it with --scope.",
    );
  }
  if (!named) {
    throw new LabError(
      "E_OUT_OF_SCOPE",
      `${where} is not among the targets of the scope file`,
      `Add the host and port to its "targets", if ${scope.owner} agrees.`,
    );
  }
  if (scope.expires <= nowIso) {
    throw new LabError(
      "E_OUT_OF_SCOPE",
      `the scope file expired on ${scope.expires}`,
      `Ask ${scope.owner} to extend it, then change "expires".`,
    );
  }
}
