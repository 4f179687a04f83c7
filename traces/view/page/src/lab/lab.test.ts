// What the laboratory writes and prints is, to the byte, what a command line does. Go builds both: the laboratory's
// program is that of its page.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { runInThisContext } from "node:vm";
import type { Fault, Offer } from "./client.ts";
import { Files } from "./files.ts";
import { unpack } from "./lzma.ts";
import { Program, type Result } from "./program.ts";
import { flagsOf, setupOf, type Change } from "./setup.ts";
import { withFault } from "./toml.ts";

const root = resolve(import.meta.dirname, "../../../../..");
const folder = mkdtempSync(join(tmpdir(), "laboratory-"));
const runFiles = ["trace.otlp.jsonl", "spans.json", "story.txt", "run.toml"];
const files = new Files();
let program: Program;

before(async () => {
  const go = (...args: string[]) => execFileSync("go", args, { cwd: root, env: { ...process.env, CGO_ENABLED: "0" } });
  go("build", "-o", folder, ...["run", "diff", "explain", "check", "story", "view"].map((name) => `./cmd/${name}`));
  const page = join(folder, "lab.html");
  execFileSync(join(folder, "view"), ["-lab", "-out", page], { cwd: root });
  const text = readFileSync(page, "utf8");
  assert.ok(text.length <= 5_000_000, `the page has ${text.length} bytes, want 5 MB at most`);
  const part = (name: string) => {
    const found = new RegExp(`id="laboratory-${name}">([^<]+)<`).exec(text)?.[1];
    assert.ok(found, `the page has no ${name}`);
    return Buffer.from(found, "base64");
  };
  Object.assign(globalThis, { self: {} }); // the worker is given no message
  runInThisContext(part("worker").toString());
  program = await Program.start(await WebAssembly.compile(unpack(part("program"))), files);
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** laboratory carries out a command in the laboratory. */
async function laboratory(...args: string[]): Promise<Result> {
  const result = await program.call(args);
  assert.equal(result.died, false, result.stderr);
  return result;
}

/** commandLine carries out a command at a command line. */
function commandLine(name: string, ...args: string[]): Result {
  const options = { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 } as const;
  const { status, stdout, stderr } = spawnSync(join(folder, name), args, options);
  return { status: status ?? -1, stdout, stderr, died: false };
}

/** same carries out a command in both ways, and wants the same status and texts. */
async function same(name: string, ...args: string[]): Promise<Result> {
  const got = await laboratory(name, ...args), want = commandLine(name, ...args);
  assert.deepEqual(got, want, `${name} ${args.join(" ")}`);
  return got;
}

/** sameRun makes a run in both ways, and wants the same files. */
async function sameRun(...args: string[]): Promise<string> {
  const report = JSON.parse((await same("run", "-json", ...args)).stdout) as { run: string };
  for (const file of runFiles) {
    const path = `traces/runs/${report.run}/${file}`;
    assert.ok(written(path).equals(readFileSync(join(folder, path))), `${args.join(" ")}: ${file} differs`);
  }
  return report.run;
}

function written(path: string): Buffer {
  const fd = files.open(path, 0, 0), size = files.fstat(fd).size, bytes = Buffer.alloc(size);
  assert.equal(files.read(fd, bytes, 0, size, null), size);
  files.close(fd);
  return bytes;
}

/** changed returns the flags for a run of which one message is changed. */
const changed = (change: Change) => flagsOf({ ...setupOf("default"), changes: [change] });

/** put writes a file for both. */
function put(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
  files.put(name, Buffer.from(text));
}

test("every scenario of each protocol has the same files", async () => {
  const offer = JSON.parse((await laboratory("laboratory", "offer")).stdout) as Offer;
  assert.ok(offer.scenarios.length > 20, `only ${offer.scenarios.length} scenarios`);
  assert.deepEqual(new Set(offer.scenarios.map((s) => s.protocol)), new Set(offer.protocols.map((p) => p.name)));
  for (const { args } of offer.scenarios) await sameRun(...args);
});

test("runs in which everything goes wrong have the same files", async () => {
  for (const protocol of ["raft", "multipaxos"]) {
    for (const seed of ["1", "2", "3"]) await sameRun("-protocol", protocol, "-faults", "mixed", "-seed", seed);
  }
});

test("a lost message, the difference that it makes, and what is asked of the run", async () => {
  const run = await sameRun();
  const vote = /^.* (\w{16}) +granting vote/m.exec(written(`traces/runs/${run}/story.txt`).toString())?.[1];
  assert.ok(vote, "nobody grants a vote");
  const other = await sameRun(...changed({ does: "drop", id: vote }));
  assert.notEqual(other, run);
  const difference = await same("diff", run, other);
  assert.equal(difference.status, 1);
  assert.match(difference.stdout, new RegExp(`-drop ${vote}`));
  await sameRun(...changed({ does: "delay", id: vote, by: "40ms" }));
  await sameRun(...changed({ does: "duplicate", id: vote }));
  assert.equal((await same("explain", run, "leader", "term", "1")).status, 0);
  assert.equal((await same("check", run, other)).status, 0);
  assert.equal((await same("story", run, "-only", "node-3")).status, 0);
  for (const runs of [[run], [run, other]]) {
    await same("view", "-data", "-out", "view.data", ...runs);
    const data = readFileSync(join(folder, "view.data"));
    assert.ok(written("view.data").equals(data), `the data of ${runs.join(" and ")} differ`);
  }
});

test("a config of one's own, in which a process crashes", async () => {
  put("mine.toml", withFault("num_nodes = 3", "crash", "node-1", 60_500_000));
  const run = await sameRun("mine.toml");
  assert.match(written(`traces/runs/${run}/story.txt`).toString(), /^ *60\.500ms world .*crash/m);
});

test("what is wrong with a config is told with the same words", async () => {
  const many = 'seed = "x"\n[raft]\nrpc_timeot = "1s"\n[[fault]]\ncrash = "node-9"\n';
  for (const text of ["sed = 7\n", "seed = \n", many]) {
    put("bad.toml", text);
    const { status, stderr } = await same("run", "bad.toml");
    assert.equal(status, 2);
    const { stdout } = await laboratory("laboratory", "check", "bad.toml"), wrong = JSON.parse(stdout) as Fault[];
    assert.ok(wrong.length > 0);
    for (const { line, column } of wrong) assert.match(stderr, new RegExp(`^bad.toml:${line}:${column}: `, "m"));
  }
});

test("unknown commands, flags and messages are told with the same words", async () => {
  assert.equal((await same("run", "-sed", "7")).status, 2);
  assert.equal((await same("run", "-drop", "0123456789abcdef")).status, 2);
  assert.equal((await same("diff", "none-1", "none-2")).status, 2);
});
