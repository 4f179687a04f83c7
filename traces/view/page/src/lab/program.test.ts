// What becomes of a program that dies.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runInThisContext } from "node:vm";
import { Files } from "./files.ts";
import { Program } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "program-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** compiled is a Go program whose main function has these lines. */
async function compiled(...lines: string[]): Promise<WebAssembly.Module> {
  const file = join(folder, "main.go"), wasm = join(folder, "main.wasm");
  writeFileSync(file, ["package main", 'import "syscall/js"', "func main() {", ...lines, "}"].join("\n"));
  execFileSync("go", ["build", "-o", wasm, file], { cwd: folder, env: { ...process.env, GOOS: "js", GOARCH: "wasm" } });
  const root = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
  runInThisContext(readFileSync(join(root, "lib/wasm/wasm_exec.js"), "utf8"));
  return WebAssembly.compile(readFileSync(wasm));
}

test("a program that panics says so as at a command line, and can be called no more", async () => {
  const module = await compiled(
    'js.Global().Get("laboratory").Call("ready", js.FuncOf(func(js.Value, []js.Value) any {',
    '  go func() { panic("no command") }()',
    "  return nil",
    "}))",
    "select {}",
  );
  const program = await Program.start(module, new Files());
  const { status, stderr, died } = await program.call(["run"]);
  assert.deepEqual([status, died], [2, true]);
  assert.match(stderr, /^panic: no command\n/);
  assert.equal((await program.call(["run"])).died, true);
});

test("a program that ends before it can be called is no laboratory", async () => {
  const module = await compiled('println("a program for terminals", js.Global().IsNull())');
  await assert.rejects(Program.start(module, new Files()), /a program for terminals false/);
});
