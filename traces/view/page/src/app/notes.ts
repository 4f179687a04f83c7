// What the header says of runs in sentences.

import type { Run } from "../model/run.ts";

/** The last parts of names that are paths, if they differ; else the whole names. */
export function shortNames(names: readonly string[]): readonly string[] {
  const short = names.map((n) => n.replace(/[\\/]+$/, "").split(/[\\/]/).pop()!);
  return new Set(short).size === names.length && !short.includes("") ? short : names;
}

/** What is to be known of a run: notes of the command that made the page, that it is empty, that builds differ. */
export function notesOf(run: Run): string[] {
  const { build, reader_build: reader, name } = run.head;
  const all = [...(run.head.notes ?? [])];
  if (run.spans === 0) all.push(`${name} has no spans: there is nothing to draw.`);
  if (build && reader && build !== reader) {
    all.push(
      `${name} was made by another build (${build}) than this page (${reader}): what the trace says is shown, ` +
        "but running it again may give another run.",
    );
  }
  return all;
}
