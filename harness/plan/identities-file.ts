import type { z } from "zod";
import type { CoapResources } from "#contract/coap.ts";
import {
  type DeviceIdentity,
  type DeviceTopics,
  type Identities,
  type Identity,
  topicsBelow,
} from "#contract/identity.ts";
import { type Path, type PlanDocument, readDocument, type Source } from "./document.ts";
import { readFields, reportIssues } from "./fields.ts";
import {
  certificateShape,
  deviceIdentityShape,
  devicesShape,
  identitiesShape,
  identityShape,
  lookupShape,
  resourcesShape,
  topic,
  topicsShape,
} from "./identities-shape.ts";

/** How the reader gets at PEM files that an identities file names; throws where one cannot be read. */
export interface IdentitiesOptions {
  readonly readFile?: (path: string) => string;
}

const usualTopics = topicsBelow("devices/{clientId}");

/** What an identities file holds. */
export interface IdentitiesFile extends Identities {
  /** What the resources of a CoAP server are for, as far as the file tells. */
  readonly resources?: CoapResources;
}

/** Reads an identities file. Throws E_PLAN with everything that is wrong in it. Messages show no password that was read. */
export function readIdentities(source: Source, options: IdentitiesOptions = {}): IdentitiesFile {
  const document = readDocument(source, "docs/targets.md");
  readFields(document, [], identitiesShape, "an identities file");
  const reader = new IdentityReader(document, options);
  const operator = reader.identity(["operator"]);
  const witness = reader.identity(["witness"]);
  const intruder = reader.device(["intruder"]);
  const victim = reader.device(["victim"]);
  const devices = reader.devices(["devices"]);
  const resources = resourcesAt(document, ["resources"]);
  document.problems.throwIfAny();
  return {
    ...(operator && { operator }),
    ...(witness && { witness }),
    ...(intruder && { intruder }),
    ...(victim && { victim }),
    devices,
    ...(resources && { resources }),
  };
}

function resourcesAt(document: PlanDocument, path: Path): CoapResources | undefined {
  if (document.at(path) === undefined) return undefined;
  const { lookup: _lookup, sensitive = [], ...read } = readFields(document, path, resourcesShape, "resources");
  const lookup = document.at([...path, "lookup"]);
  const found = lookup === undefined ? {} : readFields(document, [...path, "lookup"], lookupShape, "lookup");
  return { ...withValues(read), sensitive, ...(lookup !== undefined && { lookup: withValues(found) }) };
}

/** Without the keys that have no value. */
function withValues<T extends object>(read: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(read).filter(([, value]) => value !== undefined);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only keys without a value were left out
  return Object.fromEntries(entries) as { readonly [K in keyof T]?: Exclude<T[K], undefined> };
}

class IdentityReader {
  readonly #document: PlanDocument;
  readonly #options: IdentitiesOptions;
  readonly #topics: DeviceTopics;
  readonly #taken = new Set<string>();

  constructor(document: PlanDocument, options: IdentitiesOptions) {
    this.#document = document;
    this.#options = options;
    this.#topics = this.#topicsAt(["topics"], usualTopics);
  }

  identity(path: Path): Identity | undefined {
    if (this.#document.at(path) === undefined) return undefined;
    return this.#numbered(this.#read(path, identityShape, "an identity"), path, 1);
  }

  device(path: Path): DeviceIdentity | undefined {
    if (this.#document.at(path) === undefined) return undefined;
    const identity = this.#numbered(this.#read(path, deviceIdentityShape, "an identity"), path, 1);
    return identity && withTopics(identity, this.#topicsAt([...path, "topics"], this.#topics));
  }

  devices(path: Path): readonly DeviceIdentity[] {
    const listed = this.#document.at(path);
    if (!Array.isArray(listed)) return [];
    return listed.flatMap((_, index) => {
      const at = [...path, index];
      const read = this.#read(at, devicesShape, "a device");
      const topics = this.#topicsAt([...at, "topics"], this.#topics);
      const times = typeof read.count === "number" ? read.count : 1;
      if (times > 1 && read.clientId?.includes("{n}") === false) {
        this.#document.problems.add(
          this.#document.place([...at, "clientId"]),
          `"clientId" of several devices needs {n}, their number`,
        );
        return [];
      }
      const identities = Array.from({ length: times }, (_unused, n) => this.#numbered(read, at, n + 1));
      return identities.flatMap((identity) => (identity === undefined ? [] : [withTopics(identity, topics)]));
    });
  }

  #read(
    path: Path,
    shape: typeof identityShape & { readonly count?: z.ZodType; readonly topics?: z.ZodType },
    what: string,
  ) {
    const read = readFields(this.#document, path, shape, what);
    // MQTT 3.1.1 §3.1.2.9: without a user name there is no place for a password.
    if (read.password !== undefined && read.username === undefined) {
      this.#document.problems.add(this.#document.keyPlace([...path, "password"]), `a password needs a "username"`);
    }
    return { ...read, certificate: this.#certificateAt([...path, "certificate"]) };
  }

  #numbered(read: Omit<Identity, "clientId"> | Unnumbered, path: Path, n: number): Identity | undefined {
    const { clientId, username, password, certificate }: Unnumbered = read;
    if (clientId === undefined) return undefined;
    const number = (text: string) => text.replaceAll("{n}", String(n).padStart(4, "0"));
    const id = number(clientId);
    if (this.#taken.has(id)) {
      const says = `"${id}" is already the client id of another identity; a broker would throw one of them out`;
      this.#document.problems.add(this.#document.place([...path, "clientId"]), says);
    }
    this.#taken.add(id);
    return {
      clientId: id,
      ...(username !== undefined && { username: number(username) }),
      ...(password !== undefined && { password: number(password) }),
      ...(certificate !== undefined && { certificate }),
    };
  }

  /** One topic that all four lie below, or each of them by its name. */
  #topicsAt(path: Path, usual: DeviceTopics): DeviceTopics {
    const given = this.#document.at(path);
    if (given === undefined) return usual;
    if (typeof given === "string") return this.#topicsBelow(path, given.replace(/\/$/, ""), usual);
    const { telemetry, state, command, config } = readFields(this.#document, path, topicsShape, "topics");
    return {
      telemetry: telemetry ?? usual.telemetry,
      state: state ?? usual.state,
      command: command ?? usual.command,
      config: config ?? usual.config,
    };
  }

  #topicsBelow(path: Path, root: string, usual: DeviceTopics): DeviceTopics {
    const checked = topic.safeParse(root);
    if (!checked.success) {
      reportIssues(this.#document, path, checked.error.issues);
      return usual;
    }
    return topicsBelow(root);
  }

  #certificateAt(path: Path): Identity["certificate"] {
    if (this.#document.at(path) === undefined) return undefined;
    const { cert, key } = readFields(this.#document, path, certificateShape, "a certificate");
    if (cert === undefined || key === undefined) return undefined;
    return { cert: this.#pem([...path, "cert"], cert), key: this.#pem([...path, "key"], key) };
  }

  #pem(path: Path, given: string): string {
    if (given.includes("-----BEGIN ")) return given;
    try {
      const text = this.#options.readFile?.(given);
      if (text?.includes("-----BEGIN ")) return text;
      this.#document.problems.add(this.#document.place(path), `${given} is not a PEM file`);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#document.problems.add(this.#document.place(path), `the PEM file cannot be read: ${why}`);
    }
    return "";
  }
}

interface Unnumbered {
  readonly clientId?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly certificate?: Identity["certificate"];
}

function withTopics(identity: Identity, topics: DeviceTopics): DeviceIdentity {
  const fill = (text: string) =>
    text.replaceAll("{clientId}", identity.clientId).replaceAll("{username}", identity.username ?? identity.clientId);
  return {
    ...identity,
    topics: {
      telemetry: fill(topics.telemetry),
      state: fill(topics.state),
      command: fill(topics.command),
      config: fill(topics.config),
    },
  };
}
