import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Ends of scripts: TypeScript in a checkout, and compiled where seatrial is installed as a package. */
const ends = [".k6.ts", ".k6.js"];

/** Full path of a script. */
export function scriptPath(name: string): string {
  const places = ends.map((end) => fileURLToPath(new URL(`../scripts/${name}${end}`, import.meta.url)));
  return places.find((place) => existsSync(place)) ?? places[0] ?? name;
}

/** Parameters of k6. What is secret stands in the file of settings, never here, where every user of the machine sees it. */
export function parametersOf(script: string, settings: string, configuration: string): readonly string[] {
  return [
    "run",
    "--quiet",
    "--no-color",
    "--no-usage-report",
    // An empty address means: no REST API. Two loads at once would ask for the same port.
    "--address=",
    // Whatever the user's own configuration of k6 says, a load is what its scenario says.
    `--config=${configuration}`,
    "--out=json=-",
    `--env=SETTINGS=${settings}`,
    scriptPath(script),
  ];
}

/** The whole environment of k6: nothing of the user's own, for every `K6_…` in it would change the load. */
export function environmentOf(
  home: string,
  dashboard: string,
  authority: string | undefined,
): Readonly<Record<string, string>> {
  return {
    HOME: home,
    TMPDIR: home,
    // A k6 of its own accord fetches extensions that a script names.
    K6_AUTO_EXTENSION_RESOLUTION: "false",
    K6_WEB_DASHBOARD: "true",
    // Port -1, which should open none, opens one on every interface; 0 is any free one, on loopback alone.
    K6_WEB_DASHBOARD_HOST: "127.0.0.1",
    K6_WEB_DASHBOARD_PORT: "0",
    K6_WEB_DASHBOARD_PERIOD: "1s",
    K6_WEB_DASHBOARD_EXPORT: dashboard,
    ...(authority !== undefined && { SSL_CERT_FILE: authority }),
  };
}
