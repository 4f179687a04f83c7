// The browser tests of the page: a real Chromium, without a window. `make test-page` runs them.
import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

export default defineConfig({
  testDir: "test",
  outputDir: "test-results",
  globalSetup: "./test/setup.ts",
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  projects: [
    { name: "page", testIgnore: /laboratory/ },
    { name: "laboratory made", testMatch: /laboratory\.make\.ts/ },
    { name: "laboratory", testMatch: /laboratory.*\.spec\.ts/, dependencies: ["laboratory made"] },
  ],
  use: {
    actionTimeout: 10_000,
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? chromium ?? "",
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
      ],
    },
  },
});
