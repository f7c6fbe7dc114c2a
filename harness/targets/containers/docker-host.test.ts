import { describe, expect, it } from "vitest";
import { namedDockers, placeOf } from "./docker-host.ts";

const place = (url: string) => placeOf({ url, namedBy: "DOCKER_HOST" });

describe("where Docker is", () => {
  it("is said by the environment before the properties file, whose tc.host comes first", () => {
    const file = "# mine\ndocker.host = tcp\\://10.0.0.2\\:2375\ntc.host: tcp://10.0.0.1:2375\nother=1\n";
    const named = (environment: { readonly [name: string]: string }) =>
      namedDockers(environment, file).map(({ url }) => url);
    expect(named({})).toEqual(["tcp://10.0.0.1:2375", "tcp://10.0.0.2:2375"]);
    expect(named({ DOCKER_HOST: "unix:///run/docker.sock" })).toEqual([
      "tcp://10.0.0.1:2375",
      "unix:///run/docker.sock",
    ]);
    expect(namedDockers({}, "")).toEqual([]);
  });

  it.each([
    ["unix:///var/run/docker.sock", { kind: "socket", path: "/var/run/docker.sock" }],
    ["tcp://192.0.2.7:1234", { kind: "network", host: "192.0.2.7", port: 1234 }],
    ["tcp://[2001:db8::1]", { kind: "network", host: "2001:db8::1", port: 2375 }],
    ["https://docker.example", { kind: "network", host: "docker.example", port: 2376 }],
  ])("is understood: %s", (url, expected) => {
    expect(place(url)).toEqual(expected);
  });

  it.each(["ssh://me@docker.example", "docker.example:2375", "tcp://", ""])(
    "is refused where it cannot be used: %s",
    (url) => {
      expect(() => place(url)).toThrow(expect.objectContaining({ code: "E_USAGE" }));
    },
  );
});
