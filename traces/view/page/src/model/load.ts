// Reads what the page holds.

import { fromBase64, unpack } from "./columns.ts";
import type { Head } from "./head.ts";
import { Run } from "./run.ts";

/** The bytes of a part of the page; null if it has none of that name. */
export function part(name: string): Uint8Array<ArrayBuffer> | null {
  const text = document.getElementById(name)?.textContent;
  return text == null ? null : fromBase64(text);
}

/** The runs that the page holds, as far as they can be read, and sentences on what cannot. */
export interface Loaded {
  runs: Run[];
  problems: string[];
}

/** Reads the runs that the page holds. */
export async function loadRuns(): Promise<Loaded> {
  const loaded: Loaded = { runs: [], problems: [] };
  for (let i = 0; i < 2; i++) {
    try {
      const bytes = part(`run-${i}`);
      if (bytes) loaded.runs.push(await readRun(bytes));
    } catch (wrong) {
      loaded.problems.push(problem(wrong, i === 0 ? "The run" : "The second run"));
    }
  }
  if (wasCut() && loaded.problems.length === 0) {
    loaded.problems.push("The end of this file is missing: it was cut, and what stood there is not shown.");
  }
  return loaded;
}

/** Says whether the end of the page is missing, which it writes last. */
const wasCut = () => document.getElementById("end") === null;

/** What is wrong with a part of the page, such as "The run", and what to do. */
export function problem(wrong: unknown, which: string, cut = wasCut()): string {
  if (typeof DecompressionStream === "undefined") {
    return "This browser is too old: it cannot unpack the data of this page. Open it in a current Chrome, Edge, " +
      "Firefox or Safari.";
  }
  if (cut) return `${which} cannot be shown: the data of this page ends too early. The file was cut; get it again.`;
  const says = wrong instanceof Error ? wrong.message : String(wrong);
  return `${which} cannot be shown: its data is damaged (${says}). Get the file again, or make it anew.`;
}

/** A run of its deflated data. */
export async function readRun(bytes: Uint8Array<ArrayBuffer>): Promise<Run> {
  return new Run(await unpack<Head>(bytes));
}
