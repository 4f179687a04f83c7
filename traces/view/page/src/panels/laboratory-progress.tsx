// How far the laboratory is, and what became of the last command.

import { cancel } from "../lab/actions.ts";
import { offer, outcome, progress } from "../lab/state.ts";

/** How far the command is that is carried out; nothing if none is. */
export function Bar() {
  const p = progress.value;
  if (!p) return null;
  const known = p.total > 0;
  return (
    <div class="laboratory-bar">
      <label>
        <span>{p.label}{known && ` ${p.done.toLocaleString("en")} of ${p.total.toLocaleString("en")}`}</span>
        <progress {...(known ? { value: p.done, max: p.total } : {})} />
      </label>
      {offer.value && (
        <button type="button" aria-keyshortcuts="q" title="Cancel (key Q)" onClick={cancel}>Cancel</button>
      )}
    </div>
  );
}

/** What became of the last command, and what it printed as an error. */
export function Outcome() {
  const { says, errors, failed } = outcome.value;
  return (
    <>
      <p class="dim" role="status">{says}</p>
      {errors !== "" && (
        <details open={failed}>
          <summary>What the command says besides</summary>
          <pre class="laboratory-text bad" tabIndex={0} role="group" aria-label="Errors">{errors}</pre>
        </details>
      )}
    </>
  );
}
