import { expect, it } from "vitest";
import { noDocker, whyNoDocker } from "./why-no-docker.ts";

const at = "/var/run/docker.sock";

it.each([
  ["nothing there", "ENOENT", "E_DOCKER", "there is no Docker", "Install Docker"],
  ["not permitted", "EACCES", "E_DOCKER", "permission denied", "usermod -aG docker"],
  ["nobody listens", "ECONNREFUSED", "E_DOCKER", "daemon does not run", "systemctl start docker"],
  ["something else listens", "accepts", "E_DOCKER", "does not answer as Docker does", "docker info"],
])("says what to do next: %s", (_case, found, code, message, hint) => {
  expect(noDocker([{ at, found }])).toMatchObject({
    code,
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });
  expect(noDocker([{ at, found }]).message).toContain(at);
});

it("says the most telling of what it found in several places", () => {
  const looked = [
    { at: "/one", found: "ENOENT" },
    { at: "/two", found: "EACCES" },
  ];
  expect(noDocker(looked).message).toContain("/two");
});

it("looks at the place that was named, and only there", async () => {
  const error = await whyNoDocker([{ kind: "socket", path: "/nowhere/docker.sock" }], {});
  expect(error.message).toBe("there is no Docker: nothing at /nowhere/docker.sock");
});
