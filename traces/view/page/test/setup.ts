// Before all tests: the commands are built, and make the runs and the pages that the tests look at.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { binaries, checkout, done, run, shell, workplace } from "./commands.ts";
import { lostVote } from "./trace.ts";

export default function setup(): void {
  rmSync(workplace, { recursive: true, force: true });
  mkdirSync(binaries, { recursive: true });
  execFileSync("go", ["build", "-o", binaries, "./cmd/run", "./cmd/view", "./cmd/diff", "./cmd/explain"], {
    cwd: checkout, stdio: "inherit", env: { ...process.env, CGO_ENABLED: "0" },
  });
  makeShared();
}

/** The runs that tests share, and how they are made. */
const shared: Record<string, string> = {
  "default-1": "",
  "multipaxos-1": "-protocol multipaxos",
  "leader-crash-1": "leader-crash",
  "lying-disk-1": "lying-disk",
};

/** Those that are two in one page. */
const pairs = ["default-1+lost-vote", "default-1+multipaxos-1"];

/** Makes the runs and the pages that tests share. */
function makeShared(): void {
  for (const flags of Object.values(shared)) shell(`go run ./cmd/run -quiet ${flags}`);
  run("lost-vote", `-drop ${lostVote()}`);
  for (const name of [...Object.keys(shared), ...pairs]) {
    done(`go run ./cmd/view -out ${name}.html ${name.replace("+", " ")}`);
  }
}
