// Moves and scales the part of the axis that is shown.

import { axis, chosen, placeOf, runs, shown, whole, type Axis, type Window } from "../app/state.ts";
import type { Run } from "../model/run.ts";

/** The least that is shown: a microsecond, or four moments. */
export const leastOf = (of: Axis): number => (of === "time" ? 1000 : 4);

/** A window of a width that lies within the whole axis, as far as it can. */
export function within(from: number, width: number, all: Window, least: number): Window {
  const most = all.to - all.from;
  const w = Math.min(most, Math.max(Math.min(least, most), width));
  const begin = Math.min(Math.max(all.from, from), all.to - w);
  return { from: begin, to: begin + w };
}

/** Moves the window by a part of its width. */
export function pan(part: number): void {
  const { from, to } = shown.value;
  show(from + (to - from) * part, to - from);
}

/** Makes the window so many times as wide; what is at a part of its width stays where it is. */
export function zoomAt(by: number, part: number): void {
  const { from, to } = shown.value;
  const all = whole();
  const least = Math.min(leastOf(axis.value), all.to - all.from);
  const width = Math.min(all.to - all.from, Math.max(least, (to - from) * by));
  show(from + (to - from - width) * part, width);
}

export function show(from: number, width: number): void {
  const next = within(from, width, whole(), leastOf(axis.value));
  if (next.from !== shown.value.from || next.to !== shown.value.to) shown.value = next;
}

/** Shows the chosen span with what is around it: four times its width, or of what a slice keeps, all. */
export function fit(kept: readonly (Set<number> | null)[]): void {
  const c = chosen.value;
  const run = c ? runs.value[c.run] : undefined;
  if (!c || !run) return;
  const spans = kept[c.run] ?? new Set([c.span]);
  let from = Infinity, to = -Infinity;
  for (const s of spans) {
    from = Math.min(from, placeOf(run, run.place[2 * s]!));
    to = Math.max(to, placeOf(run, run.place[2 * s + 1]!));
  }
  const around = spans.size > 1 ? 0.05 : 1.5;
  const width = Math.max(to - from, leastOf(axis.value) * 4);
  show(from - width * around, width * (1 + 2 * around));
}

/** Moves the window so that a place is in it, if it is not. */
export function reveal(place: number): void {
  const { from, to } = shown.value;
  const width = to - from;
  if (place < from + width * 0.02 || place > to - width * 0.02) show(place - width / 2, width);
}

/** How many moments of a run have happened at a place along the axis. */
export function momentsAt(run: Run, of: Axis, place: number): number {
  if (of === "sequence") return Math.max(0, Math.min(run.moments.length, Math.round(place)));
  let low = 0, high = run.moments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run.timeOf(middle) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}
