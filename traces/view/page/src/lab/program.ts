// The program of the laboratory: the commands in WebAssembly, called one after the other on files in memory.
import { Files } from "./files.ts";

/** Result is how a command ended: its exit status, and what it printed. */
export interface Result {
  status: number;
  stdout: string;
  stderr: string;
  /** Whether the program died: it can be called no more. */
  died: boolean;
}

/** Progress is told how far a command is that takes long. */
export type Progress = (label: string, done: number, total: number) => void;

type Call = (
  args: string[], done: (status: number, stdout: string, stderr: string) => void, progress: Progress,
) => void;

/** Go is what wasm_exec.js defines. */
interface Go {
  importObject: WebAssembly.Imports;
  exit: (code: number) => void;
  run(instance: WebAssembly.Instance): Promise<void>;
}

/** Program is a program that has begun. wasm_exec.js, which comes with Go, was run before. */
export class Program {
  private died = false;
  private fail: () => void = () => undefined;

  private constructor(private readonly files: Files, private readonly carryOut: Call) {}

  /** start begins the program on these files. It fails when it is no program of Go that the page can call. */
  static async start(module: WebAssembly.Module, files: Files): Promise<Program> {
    const world = globalThis as unknown as Record<string, unknown> & { Go: new () => Go };
    world["fs"] = files.node();
    world["process"] ??= {
      pid: -1, ppid: -1, cwd: () => "/", chdir: () => undefined, umask: () => 0, getuid: () => -1, getgid: () => -1,
      geteuid: () => -1, getegid: () => -1, getgroups: () => [],
    };
    const go = new world.Go();
    let program: Program | undefined;
    let ended: (error: Error) => void = () => undefined;
    const ready = new Promise<Call>((resolve, reject) => {
      world["laboratory"] = { ready: resolve };
      ended = reject;
    });
    go.exit = () => undefined; // run ends then
    const instance = await WebAssembly.instantiate(module, go.importObject);
    const over = () => {
      if (program) program.end();
      else ended(new Error(files.said() || "the program ended before it could be called"));
    };
    go.run(instance).then(over, over);
    const call = await ready;
    program = new Program(files, call);
    return program;
  }

  /** call carries out a command, and returns how it ended. One is carried out at a time. */
  call(args: string[], progress: Progress = () => undefined): Promise<Result> {
    return new Promise((resolve) => {
      this.fail = () => resolve({ status: 2, stdout: "", stderr: this.files.said(), died: true });
      if (this.died) {
        this.fail();
        return;
      }
      try {
        this.carryOut(args, (status, stdout, stderr) => resolve({ status, stdout, stderr, died: false }), progress);
      } catch (error) { // WebAssembly's own, such as a stack that is too deep
        this.files.say(`${String(error)}\n`);
        this.end();
      }
    });
  }

  private end(): void {
    this.died = true;
    this.fail();
  }
}
