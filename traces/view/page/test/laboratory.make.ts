// Before the tests of the laboratory it is made, once: Go compiles it, which takes a while.
import { expect, test } from "@playwright/test";
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { binaries, checkout, laboratory } from "./commands.ts";

test("the laboratory is one file of at most 5 MB", () => {
  test.setTimeout(600_000);
  const args = ["-lab", "-out", laboratory];
  const { status, stderr } = spawnSync(join(binaries, "view"), args, { cwd: checkout, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  expect(statSync(laboratory).size).toBeLessThanOrEqual(5_000_000);
});
