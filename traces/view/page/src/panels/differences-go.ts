// Going from one difference between two runs to the next.

import { computed } from "@preact/signals";
import { choose, chosen, cursor, moveCursor, runs, type Chosen } from "../app/state.ts";
import { addJump, momentsUntil, playing, reveal } from "../app/transport.ts";
import { comparison, onlyB, type Comparison } from "../model/comparison.ts";
import { none, type Run } from "../model/run.ts";

/** A difference at which one stops: where the cursor stands then, and the span that is chosen. */
export interface Stop {
  place: number;
  chosen: Chosen;
}

/** All differences in the order in which they begin; of two protocols, the operations that went otherwise. */
export function stopsOf(c: Comparison, a: Run): Stop[] {
  if (c.head.across) {
    const stops: Stop[] = [];
    c.head.across.operations.forEach((o, i) => {
      if (o.a && o.b && o.a.command === o.b.command && o.a.result === o.b.result) return;
      const [spanA, spanB] = c.operations[i]!;
      if (spanA !== none) stops.push({ place: a.place[2 * spanA]! + 1, chosen: { run: 0, span: spanA } });
      else if (spanB !== none) stops.push({ place: a.moments.length, chosen: { run: 1, span: spanB } });
    });
    return stops.sort((x, y) => x.place - y.place);
  }
  return c.stops.map((n) => {
    const p = c.pairs[n]!;
    const [spanA, spanB] = p.spans;
    if (p.how === onlyB) return { place: momentsUntil(a, p.at), chosen: { run: 1, span: spanB } };
    const ends = a.start[spanA]! < p.at && a.end[spanA]! >= p.at;
    return { place: a.place[2 * spanA + (ends ? 1 : 0)]! + 1, chosen: { run: 0, span: spanA } };
  });
}

const stops = computed<Stop[]>(() => {
  const c = comparison.value, a = runs.value[0];
  return c && a ? stopsOf(c, a) : [];
});

/** The place of the stop after what is chosen and where the cursor is, or before it; none if there is none. */
export function nextStop(all: readonly Stop[], at: number, is: Chosen | null, direction: 1 | -1): number {
  const isHere = (s: Stop) => s.chosen.run === is?.run && s.chosen.span === is.span && s.place === at;
  const here = all.findIndex(isHere);
  if (here !== none) return all[here + direction] ? here + direction : none;
  if (direction > 0) return all.findIndex((s) => s.place > at);
  return all.findLastIndex((s) => s.place < at);
}

/** Goes to the next difference, or to the one before; it says whether there is one. */
export function goToDifference(direction: 1 | -1): boolean {
  const stop = stops.value[nextStop(stops.value, cursor.value, chosen.value, direction)];
  if (!stop) return false;
  playing.value = false;
  moveCursor(stop.place);
  chosen.value = stop.chosen;
  reveal();
  return true;
}

/** Chooses a span of a run, and moves the cursor there: of the second run, to the same time in the first. */
export function goTo(of: Chosen): void {
  playing.value = false;
  const a = runs.value[0], run = runs.value[of.run];
  choose(of);
  if (a && run && of.run !== 0) moveCursor(momentsUntil(a, run.start[of.span]!));
  reveal();
}

/** The same event as the chosen one in the other run; null if there is none. */
export const twinOfChosen = computed<Chosen | null>(() => {
  const c = chosen.value;
  const twin = c && comparison.value ? comparison.value.twin(c.run, c.span) : none;
  return c && twin !== none ? { run: 1 - c.run, span: twin } : null;
});

/** Adds the keys that go from difference to difference. */
export function startDifferences(): void {
  const places = computed(() => [...new Set(stops.value.map((s) => s.place))].sort((a, b) => a - b));
  addJump({
    one: "difference", key: "d", places: () => places.value, go: goToDifference,
    more: (direction) => nextStop(stops.value, cursor.value, chosen.value, direction) !== none,
  });
}
