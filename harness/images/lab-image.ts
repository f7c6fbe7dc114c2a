/** An image that seatrial can use. */
export interface LabImage {
  /** Its short name on the command line: `mosquitto`. */
  readonly name: string;
  /** Name and tag: `seatrial/mosquitto:2.0.11-debian12`. */
  readonly reference: string;
  readonly title: string;
  /** What needs it: `container:mosquitto`. */
  readonly neededBy: string;
  readonly source: ImageSource;
}

/** Where an image comes from. */
export type ImageSource =
  /** Debian's packages, by debootstrap. */
  | { readonly kind: "base"; readonly suite: string }
  /** A Dockerfile that takes ARG BASE_IMAGE; its folder is the build context. */
  | { readonly kind: "folder"; readonly folder: string }
  /** The same with a `pom.xml` beside it, whose files this machine's Maven fetches first. */
  | { readonly kind: "maven"; readonly folder: string }
  /** seatrial's own: a Dockerfile whose build context is put together first. */
  | { readonly kind: "seatrial"; readonly folder: string }
  /** Nothing here builds it; it is pulled, or loaded from a bundle. */
  | { readonly kind: "registry" };

/** Suites of Debian that a base image can be made of, and their versions. */
export const debianSuites: Readonly<Record<string, string>> = { bookworm: "12", trixie: "13" };

/** The tag of the base image of a suite. */
export function baseReference(suite: string): string {
  return `seatrial/base:${suite}`;
}

/** The version that a tag names: `2.0.11` of `seatrial/mosquitto:2.0.11-debian12`. */
export function versionOf(reference: string): string {
  return tagOf(reference).replace(/-debian\d+$/, "");
}

/** The version of Debian that an image is pinned to, `12`; undefined where it runs on any. */
export function debianOf(reference: string): string | undefined {
  return /-debian(\d+)$/.exec(tagOf(reference))?.[1];
}

function tagOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1).split(":")[1] ?? "latest";
}
