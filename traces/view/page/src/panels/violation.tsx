// A violation: the two facts that clash, what led to them, and from when on it could not be averted.

import { chain, runs, shown, slice, tab, axis, whole, type Chosen } from "../app/state.ts";
import { milliseconds } from "../app/words.ts";
import type { Violation } from "../model/explained.ts";
import { none, type Run } from "../model/run.ts";
import { goTo } from "./differences-go.ts";
import "./violation.css";

/** The violation that the page shows: that of the first run that has one; null if none has. */
export function violationOf(all: readonly Run[]): { which: number; run: Run; violation: Violation } | null {
  for (const [which, run] of all.entries()) {
    const violation = run.head.violation;
    if (violation) return { which, run, violation };
  }
  return null;
}

/** Opens the page where it went wrong, if a run was stopped by a violation. */
export function openViolation(): void {
  if (showViolation() && runs.value.length === 1) tab.value = "violation"; // of two it is where they are compared
}

/** Goes to where it went wrong, with the chain kept of a run that is shown alone; it says whether anything did. */
export function showViolation(): boolean {
  const of = violationOf(runs.value);
  if (!of) return false;
  goTo({ run: of.which, span: of.violation.span });
  if (runs.value.length === 1) showChain();
  return true;
}

/** Has the diagram show the chain, with the rest dimmed, and as much of the axis as it takes. */
export function showChain(): void {
  const of = violationOf(runs.value);
  if (!of) return;
  chain.value = runs.value.map((_, i) => (i === of.which ? new Set(of.violation.kept) : null));
  slice.value = "chain";
  if (of.which !== 0) return;
  const places = of.violation.kept.map((s) => (axis.value === "time" ? of.run.start[s]! : of.run.place[2 * s]!));
  const all = whole();
  const from = Math.min(...places), to = Math.max(...places);
  const margin = Math.max((to - from) * 0.08, axis.value === "time" ? 1e5 : 2);
  shown.value = { from: Math.max(all.from, from - margin), to: Math.min(all.to, to + margin) };
}

export function ViolationPanel() {
  const of = violationOf(runs.value);
  if (!of) return null;
  const { which, run, violation: v } = of;
  const kept = slice.value === "chain";
  return (
    <div class="violation">
      <div>
        <h2 class="bad">{v.invariant} does not hold</h2>
        <p>{v.says}</p>
        <p class="dim">Found at {milliseconds(run.start[v.span]!)}; the run was stopped there.</p>
      </div>
      <section>
        <h3>Two facts that clash</h3>
        <ol class="plain">
          {v.facts.map((f, i) => (
            <li key={i}>
              <p><b>{i === 0 ? "One fact" : "The other"}:</b> {f.text}</p>
              {f.span !== none && (
                <Line run={run} of={{ run: which, span: f.span }} text={`told best by ${run.name(f.span)}`} />
              )}
            </li>
          ))}
        </ol>
      </section>
      {v.chain.length > 0 && <Chain run={run} which={which} v={v} kept={kept} />}
    </div>
  );
}

interface ChainOf {
  run: Run;
  which: number;
  v: Violation;
  kept: boolean;
}

function Chain({ run, which, v, kept }: ChainOf) {
  return (
    <>
      <section>
        <h3>From when on it could not be averted</h3>
        <p>{v.sentence}</p>
        {v.from && (
          <Line run={run} of={{ run: which, span: v.from.span }} text={v.from.text} at={v.from.at_ns} />
        )}
      </section>
      <section>
        <h3>What led to it</h3>
        <p class="dim">From the last fault before the second fact on: by parents, links and answers.</p>
        <button
          type="button" aria-pressed={kept} onClick={() => (kept ? (slice.value = "none") : showChain())}
        >
          Show the chain on the diagram, the rest dimmed
        </button>
        <ol class="plain">
          {v.chain.map((line, i) => (
            <li key={i}>
              <Line run={run} of={{ run: which, span: line.span }} text={line.text} at={line.at_ns} bad={line.bad} />
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

interface LineOf {
  run: Run;
  of: Chosen;
  text: string;
  at?: number;
  bad?: boolean;
}

/** A line that chooses its span. */
export function Line({ run, of, text, at, bad }: LineOf) {
  return (
    <button type="button" class={`cause${bad ? " trouble" : ""}`} onClick={() => goTo(of)}>
      <span class="dim">
        {milliseconds(at ?? run.start[of.span]!)} {run.processName(of.span)}
        {bad && <b> ⚠<span class="unseen"> trouble</span></b>}
      </span>
      <span>{text}</span>
    </button>
  );
}
