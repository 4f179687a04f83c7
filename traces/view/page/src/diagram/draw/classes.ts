// What the diagram draws each span as.

import { none, type Run } from "../../model/run.ts";

export const enum Class {
  /** What a process did in one go: a bar. */
  Step,
  /** What went on while the process did other things, such as a call that waits: a line, in one of three rows. */
  Wait,
  Operation,
  Election,
  Chosen,
  Applied,
  Leads,
  Start,
  Fault,
  Violation,
  /** The run itself, which is not drawn. */
  Run,
}

export const rows = 3;

export interface Classes {
  of: Uint8Array;
  /** Of a span that waits, its row. */
  row: Uint8Array;
}

const all = new WeakMap<Run, Classes>();

const marked: Record<string, Class> = {
  fault: Class.Fault, violation: Class.Violation, leads: Class.Leads, election: Class.Election, chosen: Class.Chosen,
  applied: Class.Applied, start: Class.Start, operation: Class.Operation, run: Class.Run,
};

/** What each span of a run is drawn as. */
export function classesOf(run: Run): Classes {
  let classes = all.get(run);
  if (!classes) all.set(run, (classes = classify(run)));
  return classes;
}

function classify(run: Run): Classes {
  const of = new Uint8Array(run.spans);
  const row = new Uint8Array(run.spans);
  const ofMark = run.head.marks.map((m) => marked[m] ?? Class.Step);
  const waits = run.head.shapes.map((s) => s.kind === "client");
  const takes = run.head.shapes.map((s) => s.kind === "server" || s.kind === "consumer");
  const open: number[][] = run.head.processes.map(() => []);
  for (let k = 0; k < run.moments.length; k++) {
    const m = run.moments[k]!, span = m >> 1;
    const others = open[run.process[span]!]!;
    if (m & 1) {
      const at = others.lastIndexOf(span);
      if (at >= 0) others.splice(at, 1);
      if (of[span] === Class.Wait && waits[run.shape[span]!]) waitAll(of, others); // an answer came meanwhile
      continue;
    }
    const shape = run.shape[span]!;
    of[span] = ofMark[run.mark[span]!]!;
    if (of[span] === Class.Step && waits[shape]) of[span] = Class.Wait;
    if (takes[shape]) waitAll(of, others);
    if (others.length < 1000) others.push(span);
  }
  giveRows(run, of, row);
  return { of, row };
}

/** What is open while a process takes something in was not done in one go. */
function waitAll(of: Uint8Array, open: readonly number[]): void {
  for (const span of open) if (of[span] === Class.Step) of[span] = Class.Wait;
}

/** Gives each span that waits a row in which nothing else is, as long as there is one. */
function giveRows(run: Run, of: Uint8Array, row: Uint8Array): void {
  const until = run.head.processes.map(() => new Int32Array(rows).fill(-1));
  for (let span = 0; span < run.spans; span++) {
    if (of[span] !== Class.Wait) continue;
    const ends = until[run.process[span]!]!;
    const begin = run.place[2 * span]!;
    let best = 0;
    for (let r = 0; r < rows; r++) {
      if (ends[r]! < begin) {
        best = r;
        break;
      }
      if (ends[r]! < ends[best]!) best = r;
    }
    ends[best] = Math.max(ends[best]!, run.place[2 * span + 1]!);
    row[span] = best;
  }
}

/** The process that a lost message was for; none if the trace does not say. */
export function addressee(run: Run, arrow: number, byName: Map<string, number>): number {
  const span = run.arrows.from[arrow]! >> 1;
  const peer = byName.get(run.firstText(span, run.head.peers));
  if (peer !== undefined) return peer;
  const above = run.parent[span]!;
  return above === none ? none : run.process[above]!;
}
