import { defineConfig } from "vitest/config";

/** Suites that need Docker Engine and images. */
const ofContainers = [
  "harness/targets/containers/**/*.integration.test.ts",
  "harness/images/**/*.integration.test.ts",
  "harness/load/k6/k6-container.integration.test.ts",
  "harness/cli/{containers,compose-lab}.integration.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          setupFiles: ["harness/testing/properties.ts"],
          globalSetup: ["harness/testing/left-out.ts"],
          include: ["{harness,simulator,attacks,reports}/**/*.test.ts"],
          exclude: ["**/*.integration.test.ts", "**/*.browser.test.ts"],
        },
      },
      {
        test: {
          name: "integration",
          include: ["{harness,simulator,attacks,reports}/**/*.integration.test.ts"],
          exclude: ["**/node_modules/**", ...ofContainers],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "containers",
          include: ofContainers,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: { name: "browser", include: ["{harness,reports}/**/*.browser.test.ts"], testTimeout: 60_000 },
      },
    ],
  },
});
