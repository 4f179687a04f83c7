// What the panel of the clients' history shows, without how: the operation that is looked at, and which bars are drawn.

import { computed, signal } from "@preact/signals";
import { choose, chosen, runs, shown, axis } from "../app/state.ts";
import { reveal } from "../app/transport.ts";
import { historyOf, within, type History } from "../model/history.ts";
import { none, type Run } from "../model/run.ts";
import { which } from "./which.tsx";

/** The history is drawn along the part of the run that the diagram shows, and not along all of it. */
export const asDiagram = signal(false);

export interface Shown {
  number: number;
  run: Run;
  history: History;
}

export const history = computed<Shown | null>(() => {
  const number = which.value;
  const run = runs.value[number];
  return run ? { number, run, history: historyOf(run) } : null;
});

/** The operation that the chosen span is, or is a part of; none if it is of none. */
export const looked = computed(() => {
  const h = history.value,
    c = chosen.value;
  return h && c && c.run === h.number ? operationOf(h.run, h.history, c.span) : none;
});

/** The operation that a span is, or is below; none if there is none. */
export function operationOf(run: Run, h: History, span: number): number {
  for (let at = span, depth = 0; at !== none && depth < 1000; at = run.parent[at]!, depth++) {
    const k = h.of.get(at);
    if (k !== undefined) return k;
  }
  return none;
}

/** Chooses a span, and shows where it is. */
export function look(number: number, span: number): void {
  choose({ run: number, span });
  reveal();
}

/** The part of the run, in nanoseconds, that is drawn. */
export const part = computed(() => {
  const run = history.value?.run;
  if (!run) return { from: 0, to: 1 };
  if (!asDiagram.value) return { from: 0, to: Math.max(1, run.last) };
  const { from, to } = shown.value;
  if (axis.value === "time") return { from, to };
  const at = (place: number) => run.timeOf(Math.max(0, Math.min(run.moments.length - 1, Math.floor(place))));
  return { from: at(from), to: Math.max(at(to), at(from) + 1) };
});

/** A bar: one operation, or several that are too short to be told apart. */
export interface Bar {
  operation: number;
  x: number;
  width: number;
  /** How many operations it stands for. */
  stands: number;
}

/**
 * The bars of a lane, given how a time becomes a place. What is narrower than a pixel and begins where the bar before
 * it ends is drawn as one with it, unless no order explains it, or it is looked at.
 */
export function barsOf(
  run: Run,
  h: History,
  lane: readonly number[],
  from: number,
  to: number,
  x: (ns: number) => number,
  apart: number,
): Bar[] {
  const all: Bar[] = [];
  for (const operation of within(run, h, lane, from, to)) {
    const op = h.operations[operation]!;
    const begin = x(Math.max(from, run.start[op.span]!));
    const width = x(Math.min(to, run.end[op.span]!)) - begin;
    const last = all[all.length - 1];
    const special = (k: number) => h.operations[k]!.state === "misfit" || k === apart;
    if (last && !special(operation) && !special(last.operation) && width < 1 && begin - last.x < 2) {
      last.stands++;
      last.width = Math.max(last.width, begin + width - last.x);
    } else {
      all.push({ operation, x: begin, width: Math.max(1, width), stands: 1 });
    }
  }
  return all;
}
