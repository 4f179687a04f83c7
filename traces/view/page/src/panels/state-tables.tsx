// What is stored under keys, and what is open: tables whose rows have names.

import { useSignal } from "@preact/signals";
import { milliseconds } from "../app/words.ts";
import { none } from "../model/run.ts";
import { processesWith, type View } from "./state-view.ts";

/** How many rows are shown before a person asks for more. */
const few = 40;

/** The store: a row for each key, a column for each process. */
export function Store({ v, field }: { v: View; field: number }) {
  const room = useSignal(few);
  const { states, run } = v;
  const f = states.fields[field]!;
  const processes = processesWith(states, field);
  const keys = keysOf(v, field, processes);
  const shown = keys.slice(0, room.value);
  return (
    <div class="state-table">
      <div class="state-head">
        <h2 id={`state-field-${field}`} title={f.doc}>
          {f.word}
        </h2>
        <span class="dim">
          {keys.length === 0 ? "empty" : `${keys.length} ${keys.length === 1 ? "key" : "keys"}`}
        </span>
      </div>
      {keys.length > 0 && (
        <div class="state-scroll" tabIndex={0} role="region" aria-label={`${f.word} of each process`}>
          <table class="state-rows">
            <caption class="state-hidden">{f.doc}</caption>
            <thead>
              <tr>
                <th scope="col">key</th>
                {processes.map((p) => (
                  <th key={p} scope="col">
                    {run.head.processes[p]!.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((key) => (
                <tr key={key}>
                  <th scope="row">{nameOf(v, field, key)}</th>
                  {processes.map((p) => (
                    <Value key={p} v={v} process={p} field={field} keyed={key} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length < keys.length && (
        <button type="button" onClick={() => (room.value *= 4)}>
          show more: {keys.length - shown.length} are not shown
        </button>
      )}
    </div>
  );
}

/** The keys that some process holds, or held before what changed; those that changed come first. */
function keysOf(v: View, field: number, processes: readonly number[]): number[] {
  const all = new Map<number, boolean>();
  for (const p of processes) {
    for (const slot of v.states.cell(p, field)?.slots ?? []) {
      const changed = v.changed.has(slot);
      if (changed || v.at.set(slot) !== none)
        all.set(v.states.key(slot), changed || (all.get(v.states.key(slot)) ?? false));
    }
  }
  const name = (key: number) => nameOf(v, field, key);
  const sorted = [...all.keys()].sort((a, b) => name(a).localeCompare(name(b), "en", { numeric: true }));
  return sorted.length <= few ? sorted : [...sorted.filter((k) => all.get(k)), ...sorted.filter((k) => !all.get(k))];
}

function nameOf(v: View, field: number, key: number): string {
  return v.states.fields[field]!.numbered ? String(key) : (v.run.head.texts[key] ?? "");
}

function Value({ v, process, field, keyed }: { v: View; process: number; field: number; keyed: number }) {
  const slot = v.states.cell(process, field)?.byKey.get(keyed);
  const change = v.at.set(slot);
  const changed = slot !== undefined && v.changed.has(slot);
  return (
    <td class={changed ? "state-changed" : ""}>
      {change === none ? (
        <span class="dim">
          <span aria-hidden="true">–</span>
          <span class="state-hidden">nothing</span>
        </span>
      ) : (
        v.states.text(change)
      )}
      {changed && <span class="state-hidden">, changed</span>}
    </td>
  );
}

/** Rows by their names, such as the operations that clients have open. */
export function OpenRows({ v, field }: { v: View; field: number }) {
  const { states, run } = v;
  const f = states.fields[field]!;
  const rows = processesWith(states, field).flatMap((p) => v.at.rows(p, field).map((change) => ({ p, change })));
  return (
    <div class="state-table">
      <div class="state-head">
        <h2 id={`state-field-${field}`} title={f.doc}>
          {f.word}
        </h2>
        {rows.length === 0 && <span class="dim">none</span>}
      </div>
      {rows.length > 0 && (
        <div class="state-scroll" tabIndex={0} role="region" aria-label={f.word}>
          <table class="state-rows">
            <caption class="state-hidden">{f.doc}</caption>
            <thead>
              <tr>
                <th scope="col">name</th>
                {f.columns.map((c) => (
                  <th key={c} scope="col">
                    {c}
                  </th>
                ))}
                <th scope="col">since</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, 4 * few).map(({ change }) => {
                const slot = states.slot[change]!;
                const changed = v.changed.has(slot);
                return (
                  <tr key={slot} class={changed ? "state-changed" : ""}>
                    <th scope="row">
                      {states.keyText(slot)}
                      {changed && <span class="state-hidden">, changed</span>}
                    </th>
                    {f.columns.map((c, k) => (
                      <td key={c}>{states.text(change, k)}</td>
                    ))}
                    <td>{milliseconds(run.timeOf(states.after[change]! - 1))}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
