// The laboratory: what is run, the button that runs it, what came of it, and what to change.

import { CopyButton } from "../app/copy.tsx";
import { chosen, runs, spanAtCursor, tab } from "../app/state.ts";
import { backToBase, formCommand, run, saveFile, savedFiles, takeAsBase } from "../lab/actions.ts";
import { fileOf } from "../lab/setup.ts";
import {
  compares, difference, form, isShown, made, offer, progress, scenario, type Made,
} from "../lab/state.ts";
import { none } from "../model/run.ts";
import { Verdict } from "./differences.tsx";
import { AtCursor, Changed } from "./laboratory-changes.tsx";
import { About, Editor, Fields } from "./laboratory-form.tsx";
import { Bar, Outcome } from "./laboratory-progress.tsx";
import { Explained, SpanActions } from "./laboratory-span.tsx";
import { violationOf } from "./violation.tsx";
import "./laboratory.css";

export function LaboratoryPanel() {
  if (!offer.value) return <div class="laboratory"><Outcome /></div>;
  return (
    <div class="laboratory">
      <h2 class="unseen">Laboratory</h2>
      <Fields />
      <RunRow />
      <Comparison />
      <Violation />
      <Chosen />
      <AtCursor />
      <Changed />
      <About of={scenario.value} />
      <Editor />
      <Files />
    </div>
  );
}

function RunRow() {
  const off = progress.value !== null;
  const [a] = made.value;
  return (
    <div class="laboratory-run">
      <div class="laboratory-row">
        <button
          type="button" class="laboratory-main" aria-keyshortcuts="r" title="Run (key R)" aria-disabled={off}
          onClick={() => off || void run()}
        >Run</button>
        {a && (
          <label>
            <input
              type="checkbox" checked={compares.value} aria-keyshortcuts="v" title="Key V"
              onChange={(e) => (compares.value = e.currentTarget.checked)}
            />{" "}
            compare with {a.ran.name}
          </label>
        )}
        {a && !isShown.value && <span class="dim">Not what is shown: run it.</span>}
      </div>
      {runs.value.length > 0 && <Bar />}
      <Outcome />
    </div>
  );
}

/** How the two runs that are shown compare; nothing if one is shown. */
function Comparison() {
  const [a, b] = made.value;
  if (!a || !b) return null;
  return (
    <section>
      <h3>A: {a.ran.name}, B: {b.ran.name}</h3>
      <Verdict />
      <div class="laboratory-row">
        <button type="button" onClick={() => (tab.value = "differences")}>Show the differences</button>
        <button type="button" aria-keyshortcuts="b" title="Take B as the base (key B)"
          onClick={() => void takeAsBase()}>Take B as the base</button>
        <button type="button" aria-keyshortcuts="Shift+B" title="Back to A (key Shift+B)"
          onClick={() => void backToBase()}>Back to A</button>
      </div>
      <details>
        <summary>What go run ./cmd/diff prints</summary>
        <pre class="laboratory-text" tabIndex={0} role="group" aria-label="Difference">{difference.value}</pre>
      </details>
    </section>
  );
}

/** That an invariant does not hold, where the panel is that shows why. */
function Violation() {
  const of = violationOf(runs.value);
  if (!of) return null;
  return (
    <section>
      <h3 class="bad">{of.violation.invariant} does not hold</h3>
      <div class="laboratory-row">
        <button type="button" onClick={() => (tab.value = "violation")}>Show why</button>
      </div>
    </section>
  );
}

/** What can be done with the chosen event, or the one that happened last. */
function Chosen() {
  const span = spanAtCursor();
  const of = chosen.value ?? (span === none ? null : { run: 0, span });
  const r = of && runs.value[of.run];
  if (!of || !r) {
    return runs.value.length === 0 ? null : (
      <p class="dim">Choose a message in the diagram to run again without it, or move the cursor to crash a process.</p>
    );
  }
  return (
    <section>
      <h3>{chosen.value ? "Chosen" : "Happened last"}: {r.processName(of.span)} {r.name(of.span)}</h3>
      <SpanActions of={of} />
      <Explained />
    </section>
  );
}

/** The same at a command line, and the files of the runs. */
function Files() {
  const [a, b] = made.value;
  return (
    <section>
      <h3>The same at a command line</h3>
      {form.value.toml !== null && <p class="dim">Once {fileOf(form.value)} is saved:</p>}
      <div class="command">
        <code>{formCommand()}</code>
        <CopyButton text={formCommand()} what="the command that runs this" />
      </div>
      {[a, b].map((m) => m && <SaveButtons key={m.ran.name} of={m} />)}
    </section>
  );
}

function SaveButtons({ of }: { of: Made }) {
  return (
    <div class="laboratory-row">
      <span>{of.ran.name}:</span>
      {savedFiles.map((file) => (
        <button key={file} type="button" class="small" aria-label={`Save ${file} of ${of.ran.name}`}
          onClick={() => saveFile(of, file)}>Save {file}</button>
      ))}
    </div>
  );
}
