import { expect, it } from "vitest";
import { dockerFault } from "./docker-fault.ts";

it.each([
  [
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
    "E_DOCKER",
    "does not let this user in",
    "usermod -aG docker",
  ],
  [
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    "E_DOCKER",
    "does not answer",
    "systemctl start docker",
  ],
  ["write /var/lib/docker/tmp/x: no space left on device", "E_STORE", "disk is full", "docker system df"],
  [
    'Get "https://registry.example/v2/": dial tcp: lookup registry.example on 10.0.0.1:53: no such host',
    "E_IMAGE",
    "base image cannot be fetched",
    "--offline",
  ],
  [
    "Err:1 http://mirror.example/debian bookworm InRelease\n  Temporary failure resolving 'mirror.example'",
    "E_IMAGE",
    "packages cannot be fetched",
    "seatrial images load",
  ],
  ["E: Unable to locate package mosquito", "E_IMAGE", "no package of this name", "--suite"],
  ["E: Version '2.42.0*' for 'prometheus' was not found", "E_IMAGE", "no package of this name", "--suite"],
])("reads %j", (said, code, what, hint) => {
  const fault = dockerFault("x cannot be built", said);
  expect(fault.code).toBe(code);
  expect(fault.message).toContain(`x cannot be built: `);
  expect(fault.message).toContain(what);
  expect(fault.hint).toContain(hint);
});

it("shows the end of what Docker said where it knows no better", () => {
  const said = Array.from({ length: 100 }, (_, line) => `line ${line}`).join("\n");
  const { message } = dockerFault("x cannot be built", said);
  expect(message).toContain("line 99");
  expect(message).not.toContain("line 80");
});
