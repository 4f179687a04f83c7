// The worker of the laboratory: it has the program, and answers what the page asks. In the page its text stands behind
// that of Go's wasm_exec.js, which defines globalThis.Go.
import { type Contents, Files } from "./files.ts";
import { unpack } from "./lzma.ts";
import { Program, type Result } from "./program.ts";

/** Start is the first message to the worker: the program, and the files that there are. */
export interface Start {
  /** As the page holds it, or as a worker before compiled it. */
  program: Uint8Array | WebAssembly.Module;
  files: Contents;
}

/** Ask is every other message to the worker: a command, and files to write before it. */
export interface Ask {
  id: number;
  args: string[];
  put: Contents;
}

/** Answer is a message of the worker. */
export type Answer =
  | { kind: "ready"; program: WebAssembly.Module }
  | { kind: "failed"; why: string } // it could not start
  | { kind: "progress"; id: number; label: string; done: number; total: number }
  | { kind: "ended"; id: number; result: Result; changed: Contents };

const files = new Files();
const program = new Promise<Program>((resolve) => {
  self.onmessage = (message: MessageEvent<Start | Ask>) => {
    if ("program" in message.data) void start(message.data).then(resolve, failed);
    else void carryOut(message.data);
  };
});

function say(answer: Answer): void {
  self.postMessage(answer);
}

function failed(error: unknown): void {
  say({ kind: "failed", why: error instanceof Error ? error.message : String(error) });
}

async function start(message: Start): Promise<Program> {
  put(message.files);
  const given = message.program;
  const compiled = given instanceof WebAssembly.Module ? given : await WebAssembly.compile(unpack(given));
  const started = await Program.start(compiled, files);
  say({ kind: "ready", program: compiled });
  return started;
}

async function carryOut({ id, args, put: written }: Ask): Promise<void> {
  const running = await program, before = files.snapshot();
  put(written);
  const result = await running.call(args, (label, done, total) => say({ kind: "progress", id, label, done, total }));
  say({ kind: "ended", id, result, changed: files.since(before) });
}

function put(contents: Contents): void {
  for (const [path, bytes] of Object.entries(contents)) {
    if (bytes) files.put(path, bytes);
  }
}
