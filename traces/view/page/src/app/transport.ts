// How the cursor goes through the moments of a run: step by step, to the next of a kind, and by itself.

import { computed, effect, signal } from "@preact/signals";
import { none, type Run } from "../model/run.ts";
import type { Mark } from "../model/head.ts";
import { addKeys } from "./keys.ts";
import { axis, choose, chosen, cursor, moveCursor, placeOf, runs, shown, slice, spanAtCursor, whole } from "./state.ts";

/** A kind of moments to which one can jump, such as elections. */
export interface Jump {
  /** One of them: "election". */
  one: string;
  /** The letter that goes to the next one; with Shift it goes back. */
  key: string;
  /** Where the cursor stands at each, in ascending order. */
  places: () => readonly number[];
  /** Goes to the next one, or the one before, if that is not only to move the cursor; says whether there is one. */
  go?: (direction: 1 | -1) => boolean;
  /** Says whether there is one, for such a kind. */
  more?: (direction: 1 | -1) => boolean;
}

/** The kinds of moments to which one can jump, in the order of their buttons. */
export const jumps = signal<readonly Jump[]>([]);

/** Adds a kind of moments to which one can jump, and its keys. */
export function addJump(jump: Jump): void {
  jumps.value = [...jumps.value, jump];
  const group = "Go to";
  addKeys([
    { key: jump.key, does: `the next ${jump.one}`, group, run: () => jumpTo(jump, 1) },
    { key: `Shift+${jump.key.toUpperCase()}`, does: `the ${jump.one} before`, group, run: () => jumpTo(jump, -1) },
  ]);
}

/** Where the cursor stands when a span of certain marks has begun, for all such spans of a run. */
export function placesOf(run: Run | undefined, marks: readonly Mark[]): number[] {
  const all: number[] = [];
  if (!run) return all;
  const wanted = run.head.marks.map((m) => marks.includes(m));
  for (let span = 0; span < run.spans; span++) if (wanted[run.mark[span]!]) all.push(run.place[2 * span]! + 1);
  return all.sort((a, b) => a - b);
}

/** The place after one, or before it, of ascending places; none if there is none. */
export function nextOf(places: readonly number[], at: number, direction: 1 | -1): number {
  let low = 0, high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < at + (direction > 0 ? 1 : 0)) low = middle + 1;
    else high = middle;
  }
  return places[direction > 0 ? low : low - 1] ?? none;
}

/** Moves the cursor to the next moment of a kind, or to the one before, and chooses it unless a slice is shown. */
export function jumpTo(jump: Jump, direction: 1 | -1): boolean {
  if (jump.go) return jump.go(direction);
  const to = nextOf(jump.places(), cursor.value, direction);
  if (to === none) return false;
  playing.value = false;
  moveCursor(to);
  if (slice.value === "none") chosen.value = { run: 0, span: spanAtCursor() };
  reveal();
  return true;
}

/** Moves the cursor by moments. */
export function step(by: number): void {
  playing.value = false;
  moveCursor(cursor.value + by);
  reveal();
}

/** Where the cursor stands after the next moment of the process whose moment happened last, or the one before it. */
export function stepOfProcess(run: Run, at: number, direction: 1 | -1): number {
  const process = run.process[run.moments[Math.max(0, at - 1)]! >> 1];
  for (let k = direction > 0 ? at : at - 2; k >= 0 && k < run.moments.length; k += direction) {
    if (run.process[run.moments[k]! >> 1] === process) return k + 1;
  }
  return at;
}

/** Shows the part of the axis in which the cursor is, as wide as what is shown now. */
export function reveal(): void {
  const run = runs.value[0];
  if (!run || run.moments.length === 0) return;
  const at = cursor.value === 0 ? 0 : placeOf(run, cursor.value - 1);
  const { from, to } = shown.value;
  if (at >= from && at <= to) return;
  const width = to - from;
  const begin = at < from ? at - 0.7 * width : at - 0.3 * width;
  const last = whole().to;
  const first = Math.max(0, Math.min(begin, Math.max(0, last - width)));
  shown.value = { from: first, to: first + width };
}

/** How many moments have happened at a time, in nanoseconds. */
export function momentsUntil(run: Run, at: number): number {
  let low = 0, high = run.moments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run.timeOf(middle) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Says whether the cursor goes by itself. */
export const playing = signal(false);

/** How fast: in moments a second on the axis of moments, and in milliseconds of the run a second on that of time. */
export const speeds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] as const;
export const speed = signal(4); // a place in speeds

/** The speed, in words. */
export const speedWords = computed(() => {
  const n = speeds[speed.value]!;
  return axis.value === "time" ? (n < 1000 ? `${n} ms a second` : `${n / 1000} s a second`) : `${n} moments a second`;
});

/** Starts to play, from the beginning if the cursor is at the end; or stops. */
export function togglePlay(): void {
  const run = runs.value[0];
  if (!run || run.moments.length === 0) return;
  if (!playing.value && cursor.value >= run.moments.length) moveCursor(0);
  playing.value = !playing.value;
}

/** Where the cursor goes from a position on the axis in so many seconds: the new position, and the cursor there. */
export function advance(run: Run, position: number, seconds: number): { position: number; cursor: number } {
  const n = speeds[speed.value]!;
  if (axis.value === "time") {
    const at = position + seconds * n * 1e6;
    return { position: at, cursor: momentsUntil(run, at) };
  }
  const at = position + seconds * n;
  return { position: at, cursor: Math.min(run.moments.length, Math.floor(at)) };
}

/** Moves the cursor from frame to frame while it plays. */
function play(): void {
  const run = runs.value[0]!;
  const slow = matchMedia("(prefers-reduced-motion: reduce)").matches; // fewer, larger steps
  let last = performance.now();
  let expected = -1, position = 0;
  const frame = (t: number) => {
    if (!playing.value || runs.value[0] !== run) return;
    if (t - last >= (slow ? 500 : 0)) {
      if (cursor.value !== expected) position = axis.value === "time" ? timeBefore(run) : cursor.value;
      const next = advance(run, position, Math.min(1, Math.max(0, t - last) / 1000));
      position = next.position;
      last = t;
      moveCursor(next.cursor);
      expected = cursor.value;
      reveal();
      if (cursor.value >= run.moments.length) playing.value = false;
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

const timeBefore = (run: Run) => (cursor.value === 0 ? 0 : run.timeOf(cursor.value - 1));

/** Adds the keys with which one goes through a run, and the kinds of moments that every run has. */
export function startTransport(): void {
  const ofMarks = (...marks: Mark[]) => computed(() => placesOf(runs.value[0], marks));
  const elections = ofMarks("election", "leads"), faults = ofMarks("fault", "violation"), commits = ofMarks("chosen");
  const group = "Go through the run";
  const inProcess = (direction: 1 | -1) => () => {
    const run = runs.value[0];
    if (run && run.moments.length > 0) step(stepOfProcess(run, cursor.value, direction) - cursor.value);
  };
  addKeys([
    { key: "ArrowRight", does: "one moment on", group, run: () => step(1) },
    { key: "ArrowLeft", does: "one moment back", group, run: () => step(-1) },
    { key: "Shift+ArrowRight", does: "to the next moment of the same process", group, run: inProcess(1) },
    { key: "Shift+ArrowLeft", does: "to the one before of the same process", group, run: inProcess(-1) },
    { key: "Home", does: "to the beginning", group, run: () => step(-Infinity) },
    { key: "End", does: "to the end", group, run: () => step(Infinity) },
    { key: " ", does: "play, or stop", group, run: togglePlay },
    { key: "<", does: "play slower", group, run: () => (speed.value = Math.max(0, speed.value - 1)) },
    { key: ">", does: "play faster", group, run: () => (speed.value = Math.min(speeds.length - 1, speed.value + 1)) },
    { key: "i", does: "choose what happened last", group, run: () => choose(atCursor()) },
  ]);
  addJump({ one: "election", key: "e", places: () => elections.value });
  addJump({ one: "fault", key: "f", places: () => faults.value });
  addJump({ one: "commit", key: "c", places: () => commits.value });
  effect(() => {
    if (playing.value) play();
  });
}

function atCursor(): { run: number; span: number } | null {
  const span = spanAtCursor();
  return span === none ? null : { run: 0, span };
}
