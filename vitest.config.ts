import { defineConfig } from "vitest/config";

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
