// The laboratory as the page sees it: the commands, carried out in a worker. Whoever asks waits for those before.
import type { Contents } from "./files.ts";
import type { Result } from "./program.ts";
import type { Answer, Ask, Start } from "./worker.ts";

/** Offer is what there is to run: what the command `laboratory offer` prints. */
export interface Offer {
  protocols: { name: string; title: string; bugs: Named[] }[];
  scenarios: Scenario[];
  profiles: Named[];
}

export interface Named {
  name: string;
  says: string;
}

export interface Scenario {
  name: string;
  args: string[]; // of run, by which it is run as it is
  protocol: string;
  title: string;
  what: string;
  watch: string;
  toml: string;
}

/** Fault is one thing that is wrong with a config: lines, columns and widths are counted from 1, in characters. */
export interface Fault {
  line: number;
  column: number;
  width: number;
  message: string;
}

/** Wanted is a run that is asked for. */
export interface Wanted {
  /** What is run: the args of a scenario, or a text that a person wrote, whose run is called after its file. */
  args?: string[];
  toml?: string;
  file?: string; // mine.toml if not given; that of a changed scenario has its name, such as leader-crash.toml
  /** Flags besides: -seed, -set, -drop and so on, as at a command line. */
  flags?: string[];
}

/** Ran is a run that was made, or why it was not. */
export interface Ran extends Result {
  /** The run's name, which other commands take; empty if there is none. */
  name: string;
  /** What run -json prints; see there. */
  report: Record<string, unknown> | null;
  /** The same at a command line. */
  command: string;
}

/** Told is told how far a command is. */
export type Told = (label: string, done: number, total: number) => void;

/** Parts are what a page holds of the laboratory. */
export interface Parts {
  /** The program: WebAssembly, packed as lzma.ts reads it. */
  program: () => Uint8Array;
  /** The worker's text: Go's wasm_exec.js, and that of worker.ts. */
  worker: () => string;
}

/** The file that a person's own config is in. */
export const ownFile = "mine.toml";

/** The files of a run that a page reads: it does without spans.json, which takes half of the time. */
const wantedFiles = "otlp,story";

/** The file that a run's data are written to, for the page alone. */
const dataFile = "view.data";

/** laboratoryOf returns the laboratory that a page holds, whose parts it gives by name; null if it holds none. */
export function laboratoryOf(part: (name: string) => Uint8Array | null): Laboratory | null {
  const worker = part("laboratory-worker");
  if (!worker) return null;
  return new Laboratory({
    worker: () => new TextDecoder().decode(worker),
    program: () => {
      const program = part("laboratory-program");
      if (!program) throw new Error("this page lacks the laboratory's program: it was cut");
      return program;
    },
  });
}

/** Cancelled is why a command has no result. */
export class Cancelled extends Error {
  constructor() { super("cancelled"); }
}

/** Laboratory carries out commands. Its files outlive its workers. */
export class Laboratory {
  /** What the commands wrote, by path. */
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  private worker: Promise<Worker> | null = null;
  private current: Worker | null = null;
  private compiled: WebAssembly.Module | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  private asked = 0;
  private abandon: ((error: Error) => void) | null = null;

  constructor(private readonly parts: Parts) {}

  /** start has the program be ready; commands start it if nobody did. */
  async start(): Promise<void> { await this.ready(); }

  /** call carries out a command, as at a command line, once the files are written. */
  call(args: string[], put: Contents = {}, told: Told = () => undefined): Promise<Result> {
    const result = this.queue.then(() => this.carryOut(args, put, told));
    this.queue = result.catch(() => undefined);
    return result;
  }

  /** cancel ends what is carried out: it fails with Cancelled. What was written before stays. */
  cancel(): void {
    this.drop();
    this.abandon?.(new Cancelled());
  }

  /** run makes a run. */
  async run(wanted: Wanted, told?: Told): Promise<Ran> {
    const put: Contents = {}, args = [...wanted.flags ?? [], ...wanted.args ?? []];
    if (wanted.toml !== undefined) {
      const file = wanted.file ?? ownFile;
      put[file] = new Uint8Array(new TextEncoder().encode(wanted.toml));
      args.push(file);
    }
    const result = await this.call(["run", "-json", "-files", wantedFiles, ...args], put, told);
    const report = result.stdout === "" ? null : JSON.parse(result.stdout) as Record<string, unknown>;
    const name = typeof report?.["run"] === "string" ? report["run"] : "";
    return { ...result, name, report, command: ["run", ...args].map(shellWord).join(" ") };
  }

  /** diff says what differs between two runs: status 1 if anything does. */
  diff(a: string, b: string): Promise<Result> { return this.call(["diff", a, b]); }

  /** explain answers a question about a run, such as `leader term 2` or a span's id. */
  explain(run: string, ...question: string[]): Promise<Result> { return this.call(["explain", run, ...question]); }

  /** story tells the story of a run. */
  async story(run: string): Promise<string> { return this.text(`traces/runs/${run}/story.txt`); }

  /** data returns what a page holds of a run, or of how two compare: what cmd/view -data writes. */
  async data(...runs: string[]): Promise<Uint8Array<ArrayBuffer>> {
    await this.must(["view", "-data", "-out", dataFile, ...runs]);
    return this.bytes(dataFile);
  }

  /** offer says what there is to run. */
  async offer(): Promise<Offer> { return JSON.parse(await this.must(["laboratory", "offer"])) as Offer; }

  /** check says what is wrong with a config. */
  async check(toml: string, file = ownFile): Promise<Fault[]> {
    const put = { [file]: new Uint8Array(new TextEncoder().encode(toml)) };
    return JSON.parse(await this.must(["laboratory", "check", file], put)) as Fault[];
  }

  /** text is a file that a command wrote. */
  text(path: string): string { return new TextDecoder().decode(this.bytes(path)); }

  private bytes(path: string): Uint8Array<ArrayBuffer> {
    const bytes = this.files.get(path);
    if (!bytes) throw new Error(`there is no file ${path}`);
    return bytes;
  }

  /** must carries out a command that has no reason to fail, and returns what it prints. */
  private async must(args: string[], put: Contents = {}): Promise<string> {
    const { status, stdout, stderr } = await this.call(args, put);
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }

  private async carryOut(args: string[], put: Contents, told: Told): Promise<Result> {
    const worker = await this.ready(), id = ++this.asked;
    const ended = await new Promise<Extract<Answer, { kind: "ended" }>>((resolve, reject) => {
      this.abandon = reject;
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data.kind === "progress" && data.id === id) told(data.label, data.done, data.total);
        if (data.kind === "ended" && data.id === id) resolve(data);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        this.drop();
        reject(new Error(event.message));
      };
      worker.postMessage({ id, args, put } satisfies Ask);
    }).finally(() => { this.abandon = null; });
    if (ended.result.died) {
      this.drop(); // with what it left half written
      return ended.result;
    }
    for (const [path, bytes] of Object.entries(ended.changed)) {
      if (bytes) this.files.set(path, bytes);
      else this.files.delete(path);
    }
    return ended.result;
  }

  /** drop ends the worker; the next command starts another, with the files that there are. */
  private drop(): void {
    this.current?.terminate();
    this.worker = this.current = null;
  }

  private ready(): Promise<Worker> {
    return this.worker ??= this.begin().catch((error: unknown) => {
      this.drop();
      throw error;
    });
  }

  private async begin(): Promise<Worker> {
    const url = URL.createObjectURL(new Blob([this.parts.worker()], { type: "text/javascript" }));
    const worker = this.current = new Worker(url);
    try {
      await new Promise<void>((resolve, reject) => {
        this.abandon = reject;
        worker.onmessage = ({ data }: MessageEvent<Answer>) => {
          if (data.kind === "ready") {
            this.compiled = data.program;
            resolve();
          } else if (data.kind === "failed") reject(new Error(data.why));
        };
        worker.onerror = (event) => reject(new Error(event.message));
        const program = this.compiled ?? this.parts.program();
        worker.postMessage({ program, files: Object.fromEntries(this.files) } satisfies Start);
      });
    } finally {
      this.abandon = null;
      URL.revokeObjectURL(url);
    }
    return worker;
  }
}

/** shellWord is a text as a shell reads it back. */
export function shellWord(text: string): string {
  return /^[\p{L}\p{Nd}\-_./:=,+@%]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
