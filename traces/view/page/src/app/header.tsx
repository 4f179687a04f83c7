// The header: which runs the page shows, of what, and what is to be known of them.

import { counted } from "./words.ts";
import { verdicts } from "./parts.tsx";
import { notesOf, shortNames } from "./notes.ts";
import { problems, runs } from "./state.ts";
import { settingsOf } from "../model/config.ts";
import { laboratory } from "../lab/state.ts";
import type { Run } from "../model/run.ts";

export function Header() {
  const names = runs.value.map((r) => r.head.name);
  return (
    <div class="page-header">
      <h1 title={names.join(" and ")}>{shortNames(names).join(" and ") || nothing()}</h1>
      <div class="page-facts">
        {runs.value.map((r, i) => <Facts key={i} run={r} name={runs.value.length > 1 ? shortNames(names)[i]! : ""} />)}
      </div>
      {verdicts.map((Verdict, i) => <Verdict key={i} />)}
      <Notes />
    </div>
  );
}

/** What stands in place of a name where there is no run. */
const nothing = () =>
  laboratory.value ? "The laboratory" : problems.value.length > 0 ? "This page cannot be shown" : "No run";

function Facts({ run, name }: { run: Run; name: string }) {
  const title = settingsOf(run.head.config).get("title") || run.head.scenario;
  const facts = [
    run.head.protocol, title, run.head.seed && `seed ${run.head.seed}`, counted(run.spans, "span"),
    counted(run.arrows.count, "message"),
  ];
  return <p class="dim">{name && <b>{name}: </b>}{facts.filter(Boolean).join(" · ")}</p>;
}

/** What is missing in the page, and what differs from what made it. */
function Notes() {
  const notes = [...problems.value, ...new Set(runs.value.flatMap((r) => notesOf(r)))];
  if (notes.length === 0) return null;
  return <ul class="notes" aria-label="Notes">{notes.map((n) => <li key={n}>{n}</li>)}</ul>;
}
