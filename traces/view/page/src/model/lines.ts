// Which lines of the story are of which span, and which line is the last one at a moment.

import { none, type Run } from "./run.ts";

interface LineIndex {
  first: Int32Array; // of each span its first line
  next: Int32Array; // of each line the next one of its span
}

const indexes = new WeakMap<Run, LineIndex>();

function indexOf(run: Run): LineIndex {
  let index = indexes.get(run);
  if (!index) {
    index = { first: new Int32Array(run.spans).fill(none), next: new Int32Array(run.lines.count).fill(none) };
    for (let k = run.lines.count - 1; k >= 0; k--) {
      const span = run.lines.span[k]!;
      index.next[k] = index.first[span]!;
      index.first[span] = k;
    }
    indexes.set(run, index);
  }
  return index;
}

/** The lines of the story that are of a span, in their order. */
export function linesOf(run: Run, span: number): number[] {
  const { first, next } = indexOf(run);
  const all: number[] = [];
  for (let k = first[span]!; k !== none; k = next[k]!) all.push(k);
  return all;
}

/** The last line that is told when so many moments have happened; none before the first. */
export function lineAt(run: Run, cursor: number): number {
  if (cursor === 0) return none;
  const { at, span, count } = run.lines;
  const now = run.timeOf(Math.min(cursor, run.moments.length) - 1);
  let low = 0, high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle]! <= now) low = middle + 1;
    else high = middle;
  }
  let line = low - 1;
  while (line >= 0 && at[line] === now && run.place[2 * span[line]!]! >= cursor) line--;
  return line < 0 ? none : line;
}
