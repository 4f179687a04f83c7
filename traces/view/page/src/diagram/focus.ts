// Goes from span to span without a mouse: along a process, and from process to process.

import { axis, choose, chosen, cursor, placeOf, runs, spanAtCursor } from "../app/state.ts";
import { none, type Run } from "../model/run.ts";
import { ordered } from "./draw/layout.ts";
import { reveal } from "./window.ts";

const lists = new WeakMap<Run, number[][]>();

/** The spans of each process of a run, in the order of their beginnings. */
function spansOf(run: Run): number[][] {
  let list = lists.get(run);
  if (!list) {
    list = run.head.processes.map(() => []);
    for (let i = 0; i < run.spans; i++) list[run.process[i]!]!.push(i);
    lists.set(run, list);
  }
  return list;
}

/** The index of the first of ascending numbers that is at least n. */
export function firstFrom(list: readonly number[], n: number): number {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < n) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The span from which one goes on: the chosen one, or what happened last. */
function here(): { r: number; run: Run; span: number } | null {
  const c = chosen.value;
  const r = c?.run ?? 0;
  const run = runs.value[r];
  if (!run || run.spans === 0) return null;
  const last = c ? c.span : spanAtCursor();
  return { r, run, span: last === none ? 0 : last };
}

function go(r: number, run: Run, span: number): void {
  choose({ run: r, span });
  reveal(placeOf(run, run.place[2 * span]!));
}

/** Chooses the next span of the same process, or the one before. */
export function along(direction: 1 | -1): void {
  const at = here();
  if (!at) return;
  if (!chosen.value) return go(at.r, at.run, at.span);
  const list = spansOf(at.run)[at.run.process[at.span]!]!;
  const next = list[firstFrom(list, at.span) + direction];
  if (next !== undefined) go(at.r, at.run, next);
}

/** Chooses the nearest span of the next process below, or above; at the last lane it goes on to the other run. */
export function across(direction: 1 | -1): void {
  const at = here();
  if (!at) return;
  const lanes: { r: number; process: number }[] = [];
  runs.value.forEach((run, r) => ordered(run.head.processes).forEach((process) => lanes.push({ r, process })));
  const from = lanes.findIndex((l) => l.r === at.r && l.process === at.run.process[at.span]);
  const place = placeOf(at.run, at.run.place[2 * at.span]!);
  for (let k = from + direction; k >= 0 && k < lanes.length; k += direction) {
    const run = runs.value[lanes[k]!.r]!;
    const list = spansOf(run)[lanes[k]!.process]!;
    if (list.length === 0) continue;
    const placeOfSpan = (i: number) => placeOf(run, run.place[2 * list[i]!]!);
    let i = 0, high = list.length - 1;
    while (i < high) {
      const middle = (i + high) >> 1;
      if (placeOfSpan(middle) < place) i = middle + 1;
      else high = middle;
    }
    if (i > 0 && place - placeOfSpan(i - 1) < placeOfSpan(i) - place) i--;
    return go(lanes[k]!.r, run, list[i]!);
  }
}

/** What is chosen, in words for who cannot see the picture. */
export function spoken(): string {
  const c = chosen.value;
  const run = c ? runs.value[c.run] : undefined;
  if (!c || !run) return "";
  const at = run.start[c.span]! / 1e6;
  void axis.value;
  void cursor.value;
  return `${run.processName(c.span)}, ${run.name(c.span)}, at ${at.toFixed(3)} milliseconds`;
}
