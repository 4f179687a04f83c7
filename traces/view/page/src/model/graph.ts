// What led to a span, and what came of it: by parents, links and messages, as far as the trace has them.

import { none, type Run } from "./run.ts";

/** What is kept, with the rest dimmed: causes and effects of the chosen span, one thing that is followed, or a chain. */
export type Slice = "none" | "chain" | "causes" | "effects" | "both" | "operation" | "entry" | "message";

interface Graph {
  /** Of each span, the spans that caused it; and those that it caused. */
  before: number[][];
  after: number[][];
}

const graphs = new WeakMap<Run, Graph>();

function graphOf(run: Run): Graph {
  let graph = graphs.get(run);
  if (!graph) {
    const before: number[][] = Array.from({ length: run.spans }, () => []);
    const after: number[][] = Array.from({ length: run.spans }, () => []);
    const add = (cause: number, effect: number) => {
      if (cause === none || cause === effect) return;
      before[effect]!.push(cause);
      after[cause]!.push(effect);
    };
    for (let i = 0; i < run.spans; i++) {
      add(run.parent[i]!, i);
      for (const to of run.linkedTo(i)) add(to, i);
    }
    graphs.set(run, (graph = { before, after }));
  }
  return graph;
}

/** The spans that led to a span, without itself. */
export const causesOf = (run: Run, span: number): Set<number> => reach(graphOf(run).before, span);

/** The spans that came of a span, without itself. */
export const effectsOf = (run: Run, span: number): Set<number> => reach(graphOf(run).after, span);

/** The causes of a span that are one step away, and its effects. */
export function neighbours(run: Run, span: number): { causes: number[]; effects: number[] } {
  const g = graphOf(run);
  return { causes: [...new Set(g.before[span])], effects: [...new Set(g.after[span])] };
}

function reach(edges: number[][], from: number): Set<number> {
  const all = new Set<number>();
  const open = [from];
  for (let s = open.pop(); s !== undefined; s = open.pop()) {
    for (const next of edges[s] ?? []) {
      if (next !== from && !all.has(next)) {
        all.add(next);
        open.push(next);
      }
    }
  }
  return all;
}
