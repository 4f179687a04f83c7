// What the run's trace says of why: the first violation with what led to it, and what explain answers of spans.

import type { Run } from "./run.ts";

/** A violation: traces/view/violation.go. Spans are their numbers, none where there is none. */
export interface Violation {
  span: number;
  invariant: string;
  says: string;
  /** The two facts that clash, each with the span that tells it best. */
  facts: { text: string; span: number }[];
  /** What led to them, in the order of time. */
  chain: { span: number; at_ns: number; text: string; bad: boolean }[];
  /** The spans of all that. */
  kept: number[];
  /** The last that happened to the run from outside on the chain; null if nothing did. */
  from: { span: number; at_ns: number; text: string } | null;
  /** What that means. */
  sentence: string;
}

/** What explain answers of a span: traces/view/explained.go. */
export interface Explained {
  span: number;
  answer: string;
  parts: { title: string; took: boolean; steps: { at_ns: number; text: string; span: number }[] }[];
}

const byRun = new WeakMap<Run, Map<number, Explained>>();

/** What explain answers of a span; undefined if the page does not have it. */
export function explainedOf(run: Run, span: number): Explained | undefined {
  let all = byRun.get(run);
  if (!all) byRun.set(run, (all = new Map((run.head.explained ?? []).map((e) => [e.span, e]))));
  return all.get(span);
}

/** The spans that an answer tells of, with the span itself: the chain of causes. */
export function chainOf(e: Explained): Set<number> {
  const all = new Set([e.span]);
  for (const part of e.parts) for (const step of part.steps) if (step.span >= 0) all.add(step.span);
  return all;
}
