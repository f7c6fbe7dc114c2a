import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The archives that packages come from later: the mirror that debootstrap used, its updates, and the security updates that
 * mirrors keep beside it, because a lab's brokers should fall for their own faults only.
 * @param made the `sources.list` that debootstrap wrote
 */
export function aptSources(made: string, suite: string): string {
  const mirror = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/m.exec(made)?.[1]?.replace(/\/$/, "");
  if (mirror === undefined) return made;
  const security = mirror.endsWith("/debian") ? [`${mirror}-security ${suite}-security`] : [];
  return [`${mirror} ${suite}`, `${mirror} ${suite}-updates`, ...security]
    .map((place) => `deb ${place} main\n`)
    .join("");
}

/** What is left out of packages that are installed later; licences stay. */
const leftOut = `path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/linda/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
`;

const aptHabits = `Acquire::Languages "none";
Acquire::Retries "3";
APT::Install-Recommends "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb || true"; };
`;

/** Files that are written into the root before packages are brought up to date. */
function rootFiles(sources: string): Readonly<Record<string, string>> {
  return {
    "etc/apt/sources.list": sources,
    "etc/apt/apt.conf.d/90seatrial": aptHabits,
    "etc/dpkg/dpkg.cfg.d/seatrial": leftOut,
    // invoke-rc.d asks this program; 101 means that no service may be started while packages are installed.
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
  };
}

export function writeRootFiles(root: string, suite: string): void {
  const sources = aptSources(readFileSync(join(root, "etc/apt/sources.list"), "utf8"), suite);
  for (const [name, content] of Object.entries(rootFiles(sources))) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: name.startsWith("usr/sbin/") ? 0o755 : 0o644 });
  }
}

/** Folders whose content goes; the folders themselves are expected by dpkg and apt. */
const emptied = [
  "usr/share/info",
  "usr/share/lintian",
  "usr/share/locale",
  "usr/share/man",
  "var/cache/apt",
  "var/cache/debconf",
  "var/cache/ldconfig",
  "var/lib/apt/lists",
  "var/log",
  "dev",
  "run",
  "tmp",
  "var/tmp",
];

/** Files of this machine or of the making. */
const dropped = [
  "etc/hostname",
  "etc/resolv.conf",
  "etc/passwd-",
  "etc/group-",
  "etc/shadow-",
  "etc/gshadow-",
  "var/lib/dpkg/status-old",
  "var/lib/dpkg/available",
];

/**
 * Makes the root small, and the same for the same packages: no lists, documents (but licences), manuals, translations,
 * logs, nor anything that tells where and when it was made.
 */
export function slimRoot(root: string): void {
  for (const folder of emptied) empty(join(root, folder), () => true);
  const documents = join(root, "usr/share/doc");
  for (const name of readdirSync(documents)) {
    const path = join(documents, name);
    if (lstatSync(path).isDirectory()) empty(path, (file) => file !== "copyright");
  }
  for (const name of dropped) rmSync(join(root, name), { force: true });
  writeFileSync(join(root, "etc/machine-id"), "");
  // adduser(8) writes the day on which a password was changed last; all of these accounts have none.
  const shadow = join(root, "etc/shadow");
  writeFileSync(shadow, readFileSync(shadow, "utf8").replace(/^([^:]*:[^:]*):\d+:/gm, "$1:1:"));
}

/** When the newest of the lists that packages came from was published, seconds since 1970: no file is newer. */
export function publishedAt(root: string): number {
  const lists = join(root, "var/lib/apt/lists");
  const dates = readdirSync(lists)
    .filter((name) => name.endsWith("InRelease"))
    .map((name) => /^Date: (.+)$/m.exec(readFileSync(join(lists, name), "utf8"))?.[1] ?? "")
    .map((text) => Date.parse(text) / 1_000)
    .filter((seconds) => Number.isFinite(seconds));
  return Math.max(0, ...dates);
}

function empty(folder: string, goes: (name: string) => boolean): void {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names.filter(goes)) rmSync(join(folder, name), { recursive: true, force: true });
}
