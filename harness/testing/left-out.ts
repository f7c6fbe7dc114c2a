import { leftOut } from "#cli/left-out.ts";

/** Says at the end of the unit tests which suites were not part of them, so that green is not taken for more than it is. */
export function teardown(): void {
  const lacks = leftOut(process.env);
  const lines = [
    "",
    "Not part of these tests: npm run test:integration (Mosquitto, tshark, k6), npm run test:containers (Docker) and npm run test:browser (Chromium).",
    ...(lacks.length > 0 ? [`This machine also lacks: ${lacks.join("; ")}.`] : []),
    "",
  ];
  process.stderr.write(lines.join("\n"));
}
