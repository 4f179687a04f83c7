// Runs again with something else for the message of an event, and explains the event.

import { runs, type Chosen } from "../app/state.ts";
import { changeMessage, explain } from "../lab/actions.ts";
import { changeKeys } from "../lab/keys.ts";
import { delayBy, explained, laboratory, progress } from "../lab/state.ts";
import { namesMessage } from "../model/commands.ts";
import "./laboratory.css";

/** The section of the details; nothing where the page is no laboratory. */
export function LaboratoryOfSpan({ of }: { of: Chosen }) {
  if (!laboratory.value) return null;
  return (
    <section>
      <h3>Laboratory</h3>
      <SpanActions of={of} />
      <Explained />
    </section>
  );
}

/** The buttons for an event: those for its message only if it names one. */
export function SpanActions({ of }: { of: Chosen }) {
  const run = runs.value[of.run];
  if (!run) return null;
  const off = progress.value !== null;
  const message = run.kind(of.span) === "server" ? "its reply" : "this message";
  const press = (does: keyof typeof changeKeys, label: string) => (
    <button
      type="button" aria-keyshortcuts={changeKeys[does]} title={`${label} (key ${changeKeys[does].toUpperCase()})`}
      aria-disabled={off} onClick={() => off || changeMessage(of, does)}
    >{label}</button>
  );
  return (
    <div class="laboratory-row">
      {namesMessage(run, of.span) && (
        <>
          {press("drop", `Run without ${message}`)}
          {press("duplicate", "Twice")}
          <span class="pair">
            {press("delay", "Delayed by")}
            <input
              class="laboratory-short" aria-label="Delayed by how much" value={delayBy.value} spellcheck={false}
              onInput={(e) => (delayBy.value = e.currentTarget.value)}
              onKeyDown={(e) => e.key === "Enter" && changeMessage(of, "delay")}
            />
          </span>
        </>
      )}
      <button
        type="button" aria-keyshortcuts="g" title="Explain it (key G)" aria-disabled={off}
        onClick={() => off || void explain(of)}
      >Explain</button>
    </div>
  );
}

/** What explain answered last. */
export function Explained() {
  const e = explained.value;
  return (
    <div class="laboratory-said" aria-live="polite">
      {e && (
        <>
          <p><code>{e.asked}</code></p>
          <pre class="laboratory-text" tabIndex={0} role="group" aria-label="Explanation">{e.says}</pre>
        </>
      )}
    </div>
  );
}
