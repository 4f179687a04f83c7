// Before all tests: the commands are built, and make the runs and the pages that the tests look at.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { binaries, checkout, makeShared, workplace } from "./commands.ts";

export default function setup(): void {
  rmSync(workplace, { recursive: true, force: true });
  mkdirSync(binaries, { recursive: true });
  execFileSync("go", ["build", "-o", binaries, "./cmd/run", "./cmd/view", "./cmd/diff", "./cmd/explain"], {
    cwd: checkout, stdio: "inherit", env: { ...process.env, CGO_ENABLED: "0" },
  });
  makeShared();
}
