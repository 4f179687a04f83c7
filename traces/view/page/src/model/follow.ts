// Follows one thing through a run: a message, the operation of a client, an entry of the log.

import { neighbours } from "./graph.ts";
import { none, type Run } from "./run.ts";

/** The root of the trace that a span is in, as far as the run has it. */
export function rootOf(run: Run, span: number): number {
  let root = span;
  for (let depth = 0; run.parent[root] !== none && depth < 100_000; depth++) root = run.parent[root]!;
  return root;
}

const roots = new WeakMap<Run, Int32Array>();

/** Of each span, the root of its trace. */
function rootsOf(run: Run): Int32Array {
  let all = roots.get(run);
  if (!all) {
    all = new Int32Array(run.spans).fill(none);
    for (let i = 0; i < run.spans; i++) {
      const above = run.parent[i]!;
      all[i] = above === none ? i : above < i ? all[above]! : rootOf(run, i);
    }
    roots.set(run, all);
  }
  return all;
}

/** The spans of a client's operation: those of its trace, and the commits and applies that are linked with them. */
export function operationOf(run: Run, span: number): Set<number> {
  const all = new Set<number>();
  const of = rootsOf(run);
  const root = of[span]!;
  for (let i = 0; i < run.spans; i++) if (of[i] === root) all.add(i);
  for (const s of [...all]) {
    const { causes, effects } = neighbours(run, s);
    for (const other of [...causes, ...effects]) {
      const mark = run.markOf(other);
      if (mark === "chosen" || mark === "applied") all.add(other);
    }
  }
  return all;
}

/** The spans at both ends of the messages that a span sent or took in, and the span itself. */
export function messageOf(run: Run, span: number): Set<number> {
  const all = new Set([span]);
  const { from, to, count } = run.arrows;
  for (let k = 0; k < count; k++) {
    if (from[k]! >> 1 === span && to[k] !== none) all.add(to[k]! >> 1);
    else if (to[k] !== none && to[k]! >> 1 === span) all.add(from[k]! >> 1);
  }
  return all;
}

const entries = new WeakMap<Run, { of: Map<string, number[]>; positions: Map<number, string[]> }>();

/** Where in the log the spans of a run work: by their attribute, or by those of their events. */
function entriesOf(run: Run) {
  let all = entries.get(run);
  if (!all) {
    all = { of: new Map(), positions: new Map() };
    const { key } = run.head.position;
    const inEvents = run.head.keys.some((k) => k.name === key);
    for (let i = 0; i < run.spans; i++) {
      const found = new Set<string>();
      const own = run.attribute(i, key);
      if (own !== undefined) found.add(String(own));
      if (inEvents && run.hasEvents(i)) {
        for (const e of run.events(i)) for (const a of e.attributes) if (a.key === key) found.add(String(a.value));
      }
      if (found.size > 0) all.positions.set(i, [...found]);
      for (const p of found) {
        const list = all.of.get(p);
        if (list) list.push(i);
        else all.of.set(p, [i]);
      }
    }
    entries.set(run, all);
  }
  return all;
}

const farthest = 2000;

/** The spans that work on the same entry of the log as a span, or as what is nearest to it in causes and effects. */
export function entryOf(run: Run, span: number): Set<number> {
  const { of, positions } = entriesOf(run);
  const seen = new Set([span]);
  const open = [span];
  for (let k = 0; k < open.length && k < farthest; k++) {
    const found = positions.get(open[k]!);
    if (found) return new Set([span, ...found.flatMap((p) => of.get(p) ?? [])]);
    const { causes, effects } = neighbours(run, open[k]!);
    for (const next of [...effects, ...causes]) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return new Set([span]);
}
