import { expect, it } from "vitest";
import { accountLines } from "./account-lines.ts";
import { californiumLogKinds } from "./log-kinds.ts";

it("writes each account as a line of name, key and rights", () => {
  const lines = accountLines([
    { username: "operator", password: "a1", may: "all" },
    { username: "counts", password: "b2", may: "read all" },
    { username: "lock", password: "c3", may: "own" },
  ]);
  expect(lines).toBe("operator\ta1\tall\ncounts\tb2\tread\nlock\tc3\town\n");
});

it.each([
  ["started", "listening"],
  ["limit", 'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space'],
  ["error", "[main] ERROR org.eclipse.californium.core.CoapServer - no endpoint could be started"],
  [undefined, "[main] WARN org.eclipse.californium.elements.UDPConnector - something else"],
])("counts as %s: %s", (kind, line) => {
  expect(californiumLogKinds.find(([, sign]) => sign.test(line))?.[0]).toBe(kind);
});
