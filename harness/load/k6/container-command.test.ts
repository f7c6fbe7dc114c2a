import { describe, expect, it } from "vitest";
import { type ContainerOrder, containerCommand } from "./container-command.ts";

const order: ContainerOrder = {
  image: "somebody/k6:1",
  name: "seatrial-k6-run-1",
  labels: { "seatrial.run": "run", "seatrial.owner": "1|2|3|4" },
  user: { uid: 1000, gid: 100 },
  clients: 100,
  reads: ["/scripts"],
  writes: ["/secret", '/a, "b"/evidence'],
  environment: { HOME: "/secret" },
};
const commandOf = (more: Partial<ContainerOrder> = {}) =>
  containerCommand({ ...order, ...more }, ["run", "/scripts/x"]);

describe("a container of k6", () => {
  it("runs k6 with its parameters, whatever else the image would start", () => {
    expect(commandOf().slice(-4)).toEqual(["--entrypoint=k6", "somebody/k6:1", "run", "/scripts/x"]);
  });

  it("finds folders where they are on the machine, and may write to no others than those it is given for that", () => {
    expect(commandOf().filter((word) => word.startsWith("--mount"))).toEqual([
      '--mount=type=bind,"source=/scripts","target=/scripts",readonly',
      '--mount=type=bind,"source=/secret","target=/secret"',
      '--mount=type=bind,"source=/a, ""b""/evidence","target=/a, ""b""/evidence"',
    ]);
    expect(commandOf()).toContain("--read-only");
  });

  it("is the user on the machine's network, with nothing that it does not need", () => {
    expect(commandOf()).toEqual(
      expect.arrayContaining([
        "--network=host",
        "--user=1000:100",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--pids-limit=1024",
      ]),
    );
  });

  it("goes when it ends, is never pulled, and says whose it is", () => {
    const names = ["--name=seatrial-k6-run-1", "--label=seatrial.run=run", "--label=seatrial.owner=1|2|3|4"];
    expect(commandOf()).toEqual(expect.arrayContaining(["--rm", "--pull=never", ...names]));
  });

  it("may take a gibibyte of memory, and 8 MiB more for each client", () => {
    expect(commandOf()).toContain(`--memory=${(1_024 + 800) * 2 ** 20}`);
    expect(commandOf({ clients: 2_000 })).toContain(`--memory=${(1_024 + 16_000) * 2 ** 20}`);
  });
});
