// The commands, as tests call them: built once, in a folder of their own that git ignores.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const checkout = join(dirname(fileURLToPath(import.meta.url)), "../../../..");

/** Where tests run commands: runs lie in traces/runs below it. */
export const workplace = join(checkout, "bin/tested/page");
export const binaries = join(workplace, "bin");

export interface Output {
  status: number;
  stdout: string;
  stderr: string;
}

/** Carries out a line as a person types it, such as go run ./cmd/run -quiet: the built command takes its place. */
export function shell(line: string): Output {
  const built = line.replaceAll(/\bgo run \.\/cmd\/(\w+)/g, (_, name: string) => `'${join(binaries, name)}'`);
  const done = spawnSync("sh", ["-c", built], { cwd: workplace, encoding: "utf8", maxBuffer: 1 << 28 });
  return { status: done.status ?? -1, stdout: done.stdout, stderr: done.stderr };
}

/** shell, for a line that is to succeed: what it prints. */
export function done(line: string): string {
  const out = shell(line);
  if (out.status !== 0) throw new Error(`${line}\nexit status ${out.status}\n${out.stderr}`);
  return out.stdout;
}

/** Makes the page of one run, or of two, which are made if they are not there, and returns its address. */
export function page(...runs: { name: string; flags?: string }[]): string {
  for (const r of runs) {
    if (existsSync(join(workplace, "traces/runs", r.name))) continue;
    done(`go run ./cmd/run -quiet -name ${r.name} ${r.flags ?? ""}`);
  }
  const file = `${runs.map((r) => r.name).join("+")}.${process.pid}.html`;
  const names = runs.map((r) => r.name).join(" ");
  done(`go run ./cmd/view -out ${file} ${names}`);
  return pathToFileURL(join(workplace, file)).href;
}
