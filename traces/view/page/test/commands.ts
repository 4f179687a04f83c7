// The commands, as tests call them: built once, in a folder of their own that git ignores.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const checkout = join(dirname(fileURLToPath(import.meta.url)), "../../../..");

/** Where tests run commands: runs lie in traces/runs below it. */
export const workplace = join(checkout, "bin/tested/page");
export const binaries = join(workplace, "bin");

/** The laboratory, which laboratory.make.ts makes before the tests that need it. */
export const laboratory = join(workplace, "laboratory.html");

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

/** The address of a file where commands are carried out. */
export const addressOf = (file: string): string => pathToFileURL(join(workplace, file)).href;

/** The address of the page of a run that tests share, or of two: default-1+lost-vote. */
export const sharedPage = (run: string): string => addressOf(`${run}.html`);

let made = 0;

/** Makes a page of one run, or of two, which are there, and returns its address. */
export function pageOf(...runs: string[]): string {
  const file = `${process.pid}-${++made}.html`;
  done(`go run ./cmd/view -out ${file} ${runs.join(" ")}`);
  return addressOf(file);
}

/** Makes a run. */
export function run(name: string, flags = ""): string {
  done(`go run ./cmd/run -quiet -name ${name} ${flags}`);
  return name;
}

/** Writes a file where commands are carried out, and returns its name. */
export function write(name: string, text: string): string {
  writeFileSync(join(workplace, name), text);
  return name;
}
