// The row of a table that was clicked: all that it holds, when it came to be there, and what came of it.

import { chosen, moveCursor, slice } from "../app/state.ts";
import { reveal } from "../app/transport.ts";
import { milliseconds } from "../app/words.ts";
import { none } from "../model/run.ts";
import type { States } from "../model/states.ts";
import { cursorFor, picked, reached, standing, type Picked, type View } from "./state-view.ts";

export function PickedRow({ v, row }: { v: View; row: Picked }) {
  const { states, run } = v;
  const f = states.fields[row.field]!;
  const change = v.at.row(row.process, row.field, row.position);
  const where = `${run.head.position.word} ${row.position} of ${run.head.processes[row.process]!.name}`;
  const close = (
    <button type="button" onClick={() => (picked.value = null)}>
      Close
    </button>
  );
  if (change === none)
    return (
      <div class="state-picked">
        <p>{where}: nothing is there now.</p>
        {close}
      </div>
    );
  const is = standing(v, change);
  const written = states.after[change]!;
  const first = firstWritten(states, row, change);
  const name = (p: number) => run.head.processes[p]!.name;
  const chosenAt = soonest(v, f.chosen, row.position, states.after[first]!);
  const appliedAt = soonest(v, f.applied, row.position, states.after[first]!);
  return (
    <div class="state-picked">
      <p>
        <b>{where}</b>: {is.chosen ? "chosen" : "not known to be chosen there"}
        {is.applied ? ", and applied" : ""}
      </p>
      <dl>
        {f.columns.map((column, k) => (
          <div key={column}>
            <dt>{column}</dt>
            <dd>{states.text(change, k) || "none"}</dd>
          </div>
        ))}
      </dl>
      <div class="state-buttons">
        <button type="button" onClick={() => follow(v, first)}>
          Follow this entry
        </button>
        <Jump
          v={v}
          to={states.after[first]!}
          what={`first written by ${name(states.cellOf(states.slot[first]!).process)}`}
        />
        {first !== change && <Jump v={v} to={written} what="written here" />}
        {chosenAt && <Jump v={v} to={chosenAt.after} what={`first chosen, by ${name(chosenAt.process)}`} />}
        {appliedAt && <Jump v={v} to={appliedAt.after} what={`first applied, by ${name(appliedAt.process)}`} />}
        {close}
      </div>
    </div>
  );
}

/** A button that moves the cursor to a moment of the run. */
function Jump({ v, to, what }: { v: View; to: number; what: string }) {
  const go = () => {
    moveCursor(cursorFor(v.run, v.number, to));
    reveal();
  };
  return (
    <button type="button" onClick={go}>
      {what}, at {milliseconds(v.run.timeOf(to - 1))}
    </button>
  );
}

/** The first change that put the same row at the same position, wherever. */
function firstWritten(states: States, row: Picked, change: number): number {
  let first = change;
  for (const cell of states.cells) {
    if (cell.field !== row.field) continue;
    let other = states.before.length;
    const slot = cell.byKey.get(row.position);
    if (slot === undefined) continue;
    for (const k of cell.changes) if (states.slot[k] === slot && k < other && states.same(k, change)) other = k;
    first = Math.min(first, other);
  }
  return first;
}

/** When a field of some process reached a position first, and of which; null if none did. */
function soonest(v: View, field: string, position: number, from: number): { process: number; after: number } | null {
  let best: { process: number; after: number } | null = null;
  v.run.head.processes.forEach((_, process) => {
    const after = reached(v.states, process, v.states.fieldNamed(field), position, from);
    if (after !== none && (!best || after < best.after)) best = { process, after };
  });
  return best;
}

/** Shows what led to an entry, and what came of it. */
function follow(v: View, change: number): void {
  const span = v.run.moments[v.states.after[change]! - 1]! >> 1;
  chosen.value = { run: v.number, span };
  slice.value = "both";
}
