// Which lines of a story are shown.

import { none, type Run } from "../model/run.ts";

/** The lines of a process, or of all if it is none; of these only those that tell of trouble, if that is wanted. */
export function filtered(run: Run, process: number, trouble: boolean): Int32Array {
  const { count, span, bad } = run.lines;
  const all = new Int32Array(count);
  let n = 0;
  for (let k = 0; k < count; k++) {
    if ((process === none || run.process[span[k]!] === process) && (!trouble || bad[k] === 1)) all[n++] = k;
  }
  return all.subarray(0, n);
}

/** The place of the last line that is not after a line, among ascending lines; none if all are after it. */
export function lastUpTo(lines: Int32Array, line: number): number {
  let low = 0, high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]! <= line) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? none : low - 1;
}

const spare = 6; // rows above and below those in view

/** The rows that are in view, the last one excluded. */
export function visible(rows: number, top: number, height: number, row: number): { first: number; last: number } {
  const first = Math.max(0, Math.floor(top / row) - spare);
  return { first: Math.min(first, rows), last: Math.min(rows, Math.ceil((top + height) / row) + spare) };
}
