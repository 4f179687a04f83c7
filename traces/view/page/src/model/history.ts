// The clients' history: what they asked for, what they were answered, and where in an order each operation stands.
// traces/view/history.go writes it.

import { Column } from "./columns.ts";
import { none, type Run } from "./run.ts";

/** What is known of an operation: traces/view/orders. */
export type State = "placed" | "misfit" | "after" | "failed" | "unknown" | "untried";

const states: State[] = ["placed", "misfit", "after", "failed", "unknown", "untried"];

/** An operation of a client. Times are in nanoseconds from the beginning of the run. */
export interface Operation {
  span: number;
  state: State;
  /** Of what is placed: how many operations of its key are before it, and between which times it took effect. */
  rank: number;
  from: number;
  to: number;
  /** Where it was agreed on; 0 for nowhere. And the first spans that tell that it was, and applied; none for none. */
  position: number;
  chosen: number;
  applied: number;
}

export interface History {
  operations: Operation[];
  /** Of each span that is an operation, its place in the list. */
  of: Map<number, number>;
  /** The processes that ask, in the order of their names; of each its operations, in the order of their beginnings. */
  clients: number[];
  lanes: Map<number, number[]>;
}

const known = new WeakMap<Run, History>();

/** The clients' history of a run. */
export function historyOf(run: Run): History {
  let history = known.get(run);
  if (!history) known.set(run, (history = read(run)));
  return history;
}

function read(run: Run): History {
  const column = new Column(run.packed.columns.get("history")?.[0] ?? new Uint8Array());
  const count = run.head.history?.operations ?? 0;
  const operations: Operation[] = [];
  let span = 0;
  const unit = run.head.unit_ns;
  for (let k = 0; k < count; k++) {
    span += column.signed();
    const op: Operation = {
      span,
      state: states[column.next()] ?? "untried",
      rank: none,
      from: none,
      to: none,
      position: 0,
      chosen: none,
      applied: none,
    };
    if (op.state === "placed") {
      op.rank = column.next();
      op.from = run.start[span]! + column.signed() * unit;
      op.to = op.from + column.signed() * unit;
    }
    op.position = column.next();
    if (op.position > 0) {
      let from = span;
      const next = () => {
        const by = column.signed();
        return by === 0 ? none : (from += by);
      };
      op.chosen = next();
      op.applied = next();
    }
    operations.push(op);
  }
  const lanes = new Map<number, number[]>();
  operations.forEach((op, k) => {
    const client = run.process[op.span]!;
    const lane = lanes.get(client);
    if (lane) lane.push(k);
    else lanes.set(client, [k]);
  });
  const name = (p: number) => run.head.processes[p]!.name;
  const clients = [...lanes.keys()].sort((a, b) => name(a).localeCompare(name(b), "en", { numeric: true }));
  return { operations, of: new Map(operations.map((op, k) => [op.span, k])), clients, lanes };
}

interface Below {
  first: Uint32Array;
  spans: Uint32Array;
}

const trees = new WeakMap<Run, Below>();

/** The spans directly below a span, in the order of their beginnings. */
export function childrenOf(run: Run, span: number): Uint32Array {
  let tree = trees.get(run);
  if (!tree) {
    const first = new Uint32Array(run.spans + 2),
      spans = new Uint32Array(run.spans);
    for (let i = 0; i < run.spans; i++) if (run.parent[i] !== none) first[run.parent[i]! + 2]!++;
    for (let i = 1; i < first.length; i++) first[i]! += first[i - 1]!;
    for (let i = 0; i < run.spans; i++) if (run.parent[i] !== none) spans[first[run.parent[i]! + 1]!++] = i;
    trees.set(run, (tree = { first, spans }));
  }
  return tree.spans.subarray(tree.first[span]!, tree.first[span + 1]!);
}

/** One try of an operation: a call to a server. */
export interface Try {
  span: number;
  server: string;
  /** What came of it, in a word or two. */
  answer: string;
  /** The operation's answer is this one's. */
  counts: boolean;
}

/** The tries of an operation, in their order. */
export function triesOf(run: Run, op: Operation): Try[] {
  const all: Try[] = [];
  const result = run.attribute(op.span, run.head.history.result);
  for (const span of childrenOf(run, op.span)) {
    const server = run.firstText(span, run.head.peers);
    if (server === "") continue;
    const answered = run.attribute(span, run.head.history.result);
    const reply = run.firstText(span, run.head.replies);
    const answer = reply || run.statusText(span) || (run.failed[span] ? "failed" : "no answer");
    all.push({
      span,
      server,
      answer,
      counts: answered !== undefined && answered === result && op.state !== "unknown",
    });
  }
  return all;
}

/** The server whose answer an operation ended with; empty for none. */
export function serverOf(run: Run, op: Operation): string {
  return triesOf(run, op).findLast((t) => t.counts)?.server ?? "";
}

/** The faults that had a part in what became of an operation: those that its tries and their handling link to. */
export function faultsOf(run: Run, op: Operation): number[] {
  const fault = run.head.marks.indexOf("fault");
  const all = new Set<number>();
  const look = (span: number) => {
    for (const to of run.linkedTo(span)) if (run.mark[to] === fault) all.add(to);
  };
  look(op.span);
  for (const t of childrenOf(run, op.span)) {
    look(t);
    for (const handled of childrenOf(run, t)) look(handled);
  }
  return [...all].sort((a, b) => a - b);
}

/** What an operation asks for: its command and key, and the value of a write. */
export function askedOf(run: Run, op: Operation): string {
  const h = run.head.history;
  const text = (key: string) => String(run.attribute(op.span, key) ?? "");
  const verb = run.name(op.span).replace(/^.*[./]/, "");
  return [verb, text(h.key), text(h.value)].filter((t) => t !== "").join(" ");
}

/** What an operation was answered; empty if it was not. */
export const answerOf = (run: Run, op: Operation): string =>
  op.state === "unknown" ? "" : String(run.attribute(op.span, run.head.history.result) ?? "");

/** What is said of where an operation took effect, in a sentence. */
export const stateWords: Record<State, string> = {
  placed: "it took effect",
  misfit: "no order of the operations explains this answer",
  after: "it was answered after one that no order explains",
  failed: "it was answered that it failed, and is believed to have had no effect",
  unknown: "it has no answer, and nothing shows that it took effect",
  untried: "whether an order explains its answer was not found out",
};

/** The operations of a lane that overlap a part of the run, by a binary search: those of a client do not overlap. */
export function within(run: Run, history: History, lane: readonly number[], from: number, to: number): number[] {
  let low = 0,
    high = lane.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run.end[history.operations[lane[middle]!]!.span]! < from) low = middle + 1;
    else high = middle;
  }
  const all: number[] = [];
  for (let k = low; k < lane.length && run.start[history.operations[lane[k]!]!.span]! <= to; k++) all.push(lane[k]!);
  return all;
}
