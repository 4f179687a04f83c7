// What is different in a run of the laboratory: messages, and what happens to processes.

import { now, runs } from "../app/state.ts";
import { milliseconds } from "../app/words.ts";
import { harm, runChanged, runText, victim, victims } from "../lab/actions.ts";
import { harmKeys } from "../lab/keys.ts";
import { withoutChange, type Change } from "../lab/setup.ts";
import { form, progress, text, wantedVictim } from "../lab/state.ts";
import { faultsOf, harms, withoutFault } from "../lab/toml.ts";
import { shown } from "../app/keys.ts";
import { none } from "../model/run.ts";

/** What can happen to a process at the cursor. */
export function AtCursor() {
  const all = victims(), off = progress.value !== null;
  if (all.length === 0) return null;
  return (
    <section>
      <h3>At the cursor, {milliseconds(now.value)}</h3>
      <div class="laboratory-row">
        <select
          aria-label="Process" value={victim()} onChange={(e) => (wantedVictim.value = e.currentTarget.value)}
        >
          {all.map((p) => <option key={p} value={p}>{p}</option>)}
        </select>
        {harms.map((what) => (
          <button
            key={what} type="button" aria-keyshortcuts={harmKeys[what]} aria-disabled={off}
            title={`Run again, and ${what} ${victim()} then (key ${shown(harmKeys[what]).join("+")})`}
            onClick={() => off || harm(what)}
          >{what[0]!.toUpperCase() + what.slice(1)}</button>
        ))}
      </div>
    </section>
  );
}

const words: Record<Change["does"], string> = { drop: "lost", delay: "delayed", duplicate: "twice" };

/** What is different from the scenario, each with a button that takes it away; nothing if nothing is. */
export function Changed() {
  const changes = form.value.changes, blocks = faultsOf(text.value);
  if (changes.length + blocks.length === 0) return null;
  return (
    <section>
      <h3>What goes wrong on purpose</h3>
      <ul class="laboratory-changes">
        {changes.map((c, i) => (
          <li key={c.id}>
            <span>{messageOf(c.id)} <b>{words[c.does]}{c.by && ` by ${c.by}`}</b></span>
            <Remove what={`${words[c.does]}: ${c.id}`} run={() => void runChanged(withoutChange(form.value, i))} />
          </li>
        ))}
        {blocks.map((b) => (
          <li key={b.from}>
            <span>{b.says || "a fault that says nothing"}</span>
            <Remove what={b.says} run={() => runText(withoutFault(text.value, b))} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Remove({ what, run }: { what: string; run: () => void }) {
  const off = progress.value !== null;
  return (
    <button type="button" class="small" aria-label={`Remove ${what}`} aria-disabled={off} onClick={() => off || run()}>
      Remove
    </button>
  );
}

/** The message that a span names, in words. */
function messageOf(id: string): string {
  for (const run of runs.value) {
    const span = run.find(id);
    if (span !== none) return `${milliseconds(run.start[span]!)} ${run.processName(span)} ${run.name(span)}`;
  }
  return id;
}
