// What led to a span, and what came of it: by parents, links and messages, as far as the trace has them.

import { none, type Run } from "./run.ts";

/** What is kept, the rest dimmed: causes and effects of the chosen span, one thing that is followed, or a chain. */
export type Slice = "none" | "chain" | "causes" | "effects" | "both" | "operation" | "entry" | "message";

/** Of each span the spans at the other end of its edges: those from first[span] to first[span + 1]. */
interface Edges {
  first: Int32Array;
  to: Int32Array;
}

interface Graph {
  /** Of each span, the spans that caused it; and those that it caused. */
  before: Edges;
  after: Edges;
}

const graphs = new WeakMap<Run, Graph>();

function graphOf(run: Run): Graph {
  let graph = graphs.get(run);
  if (!graph) {
    const causes: number[] = [], effects: number[] = [];
    const add = (cause: number, effect: number) => {
      if (cause === none || cause === effect) return;
      causes.push(cause);
      effects.push(effect);
    };
    for (let i = 0; i < run.spans; i++) {
      add(run.parent[i]!, i);
      for (const to of run.linkedTo(i)) add(to, i);
    }
    graph = { before: edges(run.spans, effects, causes), after: edges(run.spans, causes, effects) };
    graphs.set(run, graph);
  }
  return graph;
}

/** The edges of spans, of lists of their two ends; of one span they are in the order of the lists. */
function edges(spans: number, from: readonly number[], to: readonly number[]): Edges {
  const first = new Int32Array(spans + 1), all = new Int32Array(from.length);
  for (const s of from) first[s + 1]!++;
  for (let s = 0; s < spans; s++) first[s + 1]! += first[s]!;
  const next = first.slice(0, spans);
  for (let k = 0; k < from.length; k++) all[next[from[k]!]!++] = to[k]!;
  return { first, to: all };
}

const ends = (e: Edges, span: number): Int32Array => e.to.subarray(e.first[span]!, e.first[span + 1]!);

/** The spans that led to a span, without itself. */
export const causesOf = (run: Run, span: number): Set<number> => reach(graphOf(run).before, span);

/** The spans that came of a span, without itself. */
export const effectsOf = (run: Run, span: number): Set<number> => reach(graphOf(run).after, span);

/** The causes of a span that are one step away, and its effects. */
export function neighbours(run: Run, span: number): { causes: number[]; effects: number[] } {
  const g = graphOf(run);
  return { causes: [...new Set(ends(g.before, span))], effects: [...new Set(ends(g.after, span))] };
}

function reach(edges: Edges, from: number): Set<number> {
  const all = new Set<number>();
  const open = [from];
  for (let s = open.pop(); s !== undefined; s = open.pop()) {
    for (const next of ends(edges, s)) {
      if (next !== from && !all.has(next)) {
        all.add(next);
        open.push(next);
      }
    }
  }
  return all;
}
