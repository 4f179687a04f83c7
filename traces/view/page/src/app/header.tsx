// The header: which runs the page shows, of what, and what is to be known of them.

import { counted } from "./words.ts";
import { verdicts } from "./parts.tsx";
import { problems, runs } from "./state.ts";
import { settingsOf } from "../model/config.ts";
import type { Run } from "../model/run.ts";

export function Header() {
  const names = runs.value.map((r) => r.head.name);
  return (
    <div class="page-header">
      <h1 title={names.join(" and ")}>{shortNames(names).join(" and ") || "No run"}</h1>
      <div class="page-facts">
        {runs.value.map((r, i) => <Facts key={i} run={r} name={runs.value.length > 1} />)}
      </div>
      {verdicts.map((Verdict, i) => <Verdict key={i} />)}
      <Notes />
    </div>
  );
}

function Facts({ run, name }: { run: Run; name: boolean }) {
  const title = settingsOf(run.head.config).get("title") || run.head.scenario;
  const facts = [
    run.head.protocol, title, run.head.seed && `seed ${run.head.seed}`, counted(run.spans, "span"),
    counted(run.arrows.count, "message"),
  ];
  return <p class="dim">{name && <b>{run.head.name}: </b>}{facts.filter(Boolean).join(" · ")}</p>;
}

/** The last parts of names that are paths, if they differ; else the whole names. */
export function shortNames(names: readonly string[]): readonly string[] {
  const short = names.map((n) => n.replace(/[\\/]+$/, "").split(/[\\/]/).pop()!);
  return new Set(short).size === names.length && !short.includes("") ? short : names;
}

/** What is missing in the page, and what differs from what made it. */
function Notes() {
  const notes = [...problems.value, ...new Set(runs.value.flatMap((r) => notesOf(r)))];
  if (notes.length === 0) return null;
  return <ul class="notes" aria-label="Notes">{notes.map((n) => <li key={n}>{n}</li>)}</ul>;
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
