// Reads what the page holds.

import { fromBase64, unpack } from "./columns.ts";
import type { Head } from "./head.ts";
import { Run } from "./run.ts";

/** The bytes of a part of the page; null if it has none of that name. */
export function part(name: string): Uint8Array<ArrayBuffer> | null {
  const text = document.getElementById(name)?.textContent;
  return text == null ? null : fromBase64(text);
}

/** The runs that the page holds. It fails with a sentence for a person. */
export async function loadRuns(): Promise<Run[]> {
  const all: Run[] = [];
  for (let i = 0; i < 2; i++) {
    const bytes = part(`run-${i}`);
    if (bytes) all.push(await readRun(bytes));
  }
  return all;
}

/** A run of its deflated data. */
export async function readRun(bytes: Uint8Array<ArrayBuffer>): Promise<Run> {
  return new Run(await unpack<Head>(bytes));
}
