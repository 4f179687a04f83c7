// What the page shows now: everything that a link holds, and what follows from it. Parts of the page read these
// signals, and change them through the functions below.

import { computed, signal } from "@preact/signals";
import { none, type Run } from "../model/run.ts";
import type { Slice } from "../model/graph.ts";
import { causesOf, effectsOf } from "../model/graph.ts";
import { entryOf, messageOf, operationOf } from "../model/follow.ts";

/** The runs that the page shows: one, or two that are compared. */
export const runs = signal<Run[]>([]);

/** What could not be read of the page: sentences for a person. */
export const problems = signal<string[]>([]);

/** A span of one of the runs. */
export interface Chosen {
  run: number;
  span: number;
}

/** What the axis along which a run goes shows: nanoseconds, or places in the one order of moments. */
export type Axis = "time" | "sequence";

/** The part of the axis that the diagram shows, in its units. */
export interface Window {
  from: number;
  to: number;
}

export const axis = signal<Axis>("time");
export const shown = signal<Window>({ from: 0, to: 1 });

/** The cursor: how many moments of the first run have happened. */
export const cursor = signal(0);
export const chosen = signal<Chosen | null>(null);
export const slice = signal<Slice>("none");
/** What the slice "chain" keeps of each run: a chain of causes that a panel tells. */
export const chain = signal<(Set<number> | null)[]>([]);
export const tab = signal<Tab>("state");
export const theme = signal<"auto" | "light" | "dark">("auto");
export const embedded = signal(false);

export type Tab =
  | "violation" | "differences" | "state" | "details" | "story" | "history" | "plots" | "config" | "laboratory";

/** When the cursor is, in nanoseconds from the beginning of the run. */
export const now = computed(() => {
  const run = runs.value[0];
  if (!run || cursor.value === 0) return 0;
  return run.timeOf(Math.min(cursor.value, run.moments.length) - 1);
});

/** The spans of a run that the slice keeps; null when nothing is dimmed. */
export const kept = computed<(Set<number> | null)[]>(() =>
  runs.value.map((run, i) => {
    if (slice.value === "chain") return chain.value[i] ?? null;
    const c = chosen.value;
    if (!c || c.run !== i || slice.value === "none") return null;
    const follows = { operation: operationOf, entry: entryOf, message: messageOf } as const;
    if (slice.value in follows) return follows[slice.value as keyof typeof follows](run, c.span);
    const all = new Set<number>([c.span]);
    if (slice.value !== "effects") causesOf(run, c.span).forEach((s) => all.add(s));
    if (slice.value !== "causes") effectsOf(run, c.span).forEach((s) => all.add(s));
    return all;
  }),
);

/** The whole axis. */
export function whole(): Window {
  let to = 1;
  for (const run of runs.value) to = Math.max(to, axis.value === "time" ? run.last : run.moments.length);
  return { from: 0, to };
}

/** The place of a moment of a run on the axis. */
export function placeOf(run: Run, moment: number): number {
  return axis.value === "time" ? run.timeOf(moment) : moment;
}

/** Moves the cursor, within the run. */
export function moveCursor(to: number): void {
  const run = runs.value[0];
  if (run) cursor.value = Math.max(0, Math.min(run.moments.length, Math.round(to)));
}

/** Chooses a span, and moves the cursor to where it begins. */
export function choose(of: Chosen | null): void {
  chosen.value = of;
  const run = of ? runs.value[of.run] : undefined;
  if (of && run && of.run === 0) moveCursor(run.place[2 * of.span]! + 1);
}

/** The span of the moment that happened last. */
export function spanAtCursor(): number {
  const run = runs.value[0];
  return run && cursor.value > 0 ? run.moments[cursor.value - 1]! >> 1 : none;
}
