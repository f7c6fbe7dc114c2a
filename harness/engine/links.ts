import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Capabilities } from "#contract/target.ts";
import type { Lab, Link } from "./lab.ts";

/** The links between fleets and target, one for each address; none in a run that does not work on them. */
export interface Links extends AsyncDisposable {
  /** What all of them together can undergo; empty where there are none. */
  readonly can: Pick<Capabilities, "cutLink" | "slowLink">;
  /** The address that leads through the link, or the address itself where there is none. */
  readonly through: (at: LabAddress) => LabAddress;
}

/** Opens a link to each of these addresses. They cost every byte of the fleet a second copy, so open none without need. */
export async function openLinks(to: readonly LabAddress[], lab: Lab, bench: Bench): Promise<Links> {
  const stack = new AsyncDisposableStack();
  const links: Link[] = [];
  const places = new Map<LabAddress, LabAddress>();
  try {
    for (const at of to) {
      const link = stack.use(await lab.openLink(bench, at));
      links.push(link);
      places.set(at, await throughLink(link, at, lab));
    }
  } catch (cause) {
    await stack.disposeAsync();
    throw cause;
  }
  return {
    can: links.length === 0 ? {} : together(links),
    through: (at) => places.get(at) ?? at,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function together(links: readonly Link[]): Links["can"] {
  return {
    cutLink: () => imposedOn(links, ({ can }) => can.cutLink()),
    slowLink: (by) => imposedOn(links, ({ can }) => can.slowLink(by)),
  };
}

/** In force once it is in force everywhere; lifted everywhere, also where it could not be imposed on one of them. */
async function imposedOn(
  links: readonly Link[],
  impose: (link: Link) => Promise<AsyncDisposable>,
): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const settled = await Promise.allSettled(links.map(impose));
  for (const each of settled) if (each.status === "fulfilled") stack.use(each.value);
  const failure = settled.find((each) => each.status === "rejected");
  if (failure === undefined) return stack;
  await stack.disposeAsync();
  throw failure.reason;
}

function throughLink({ host, port }: Link, to: LabAddress, lab: Lab): Promise<LabAddress> {
  const { scheme, ca, path, serverName = to.host } = to;
  return lab.claim({
    scheme,
    host,
    port,
    serverName,
    ...(ca !== undefined && { ca }),
    ...(path !== undefined && { path }),
  });
}
