/** Where a gateway finds a device at the CoAP server, and what it calls it on its own topics. */
export interface FieldPlaces {
  /** Path of a resource of the device with that endpoint name; undefined where the name is not accepted. */
  path(endpoint: string, resource: string): string | undefined;
  /** Topic for what that device reports; undefined where the name is not accepted. */
  topic(endpoint: string, resource: string): string | undefined;
}

/** What a name may be made of: nothing in it means anything in a topic, a topic filter, a path or a query. */
const plain = /^[A-Za-z0-9_-][A-Za-z0-9._:-]{0,62}$/;

/**
 * Names by the value of the knob `names`: checked ones only, or as they are given, joined as if they were file paths.
 * @param root the gateway's own topics, `devices/gateway-1`; its devices are named below `field` there.
 */
export function fieldPlaces(root: string, names: string): FieldPlaces {
  const collection = root.slice(0, Math.max(0, root.lastIndexOf("/")));
  const join = names === "as-given" ? tidied : joinedIfPlain;
  return {
    path: (endpoint, resource) => join(collection, endpoint, resource),
    topic: (endpoint, resource) => join(`${root}/field`, endpoint, resource),
  };
}

function joinedIfPlain(base: string, endpoint: string, resource: string): string | undefined {
  if (!plain.test(endpoint)) return undefined;
  return base === "" ? `${endpoint}/${resource}` : `${base}/${endpoint}/${resource}`;
}

/** Joins paths and resolves `.` and `..` in them, as libraries for file paths do. */
export function tidied(...paths: readonly string[]): string {
  const parts: string[] = [];
  for (const part of paths.join("/").split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
