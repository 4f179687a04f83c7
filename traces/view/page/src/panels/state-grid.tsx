// A table of positions, such as a log: a row for each process, a column for each position, so that what stands at one
// position stands one below the other.

import { useSignal } from "@preact/signals";
import { none } from "../model/run.ts";
import { PickedRow } from "./state-picked.tsx";
import { hueOf, picked, positionsOf, processesWith, standing, type Positions, type View } from "./state-view.ts";
import { useWidth } from "./width.ts";

/** How wide a column is, with a number in it and with a command; and that of the names. */
const narrow = 34,
  wide = 66,
  names = 92;

export function Grid({ v, field }: { v: View; field: number }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const wanted = useSignal<number | null>(null);
  const f = v.states.fields[field]!;
  const column = shortColumn(v, field);
  const room = Math.max(3, Math.floor((Math.max(width, 300) - names) / column.width));
  const positions = positionsOf(v, field, room, wanted.value);
  const word = v.run.head.position.word;
  const p = picked.value;
  return (
    <div class="state-table" ref={box}>
      <div class="state-head">
        <h2 id={`state-field-${field}`} title={f.doc}>
          {f.word}
        </h2>
        {positions ? (
          <Range word={word} positions={positions} room={room} show={(from) => (wanted.value = from)} />
        ) : (
          <span class="dim">nothing yet</span>
        )}
      </div>
      {positions && (
        <div class="state-scroll" tabIndex={0} role="region" aria-label={`${f.word} of each process, by ${word}`}>
          <Cells v={v} field={field} positions={positions} column={column.index} width={column.width} />
        </div>
      )}
      {p?.run === v.number && p.field === field && <PickedRow v={v} row={p} />}
    </div>
  );
}

/** The column that stands in a cell: the one that colours it, or the last, as in a command. */
function shortColumn(v: View, field: number): { index: number; width: number } {
  const f = v.states.fields[field]!;
  const colour = f.columns.indexOf(f.colour);
  const highest = Math.max(0, ...v.states.cells.filter((c) => c.field === field).map((c) => c.highest));
  const position = 7.5 * String(highest).length + 6; // stands above each column
  return colour >= 0
    ? { index: colour, width: Math.ceil(Math.max(narrow, position)) }
    : { index: f.columns.length - 1, width: Math.ceil(Math.max(wide, position)) };
}

/** Which positions are shown, of which there are, and the buttons that show others. */
function Range({
  word,
  positions,
  room,
  show,
}: {
  word: string;
  positions: Positions;
  room: number;
  show: (from: number | null) => void;
}) {
  const { first, last, from, to } = positions;
  const all = from === first && to === last;
  return (
    <>
      <span class="dim">
        {word} {from} to {to}
        {all ? "" : `, of ${first} to ${last}`}
      </span>
      {!all && (
        <span class="pair">
          <button
            type="button"
            aria-label={`earlier: ${word} before ${from}`}
            aria-disabled={from <= first}
            onClick={() => from > first && show(Math.max(first, from - room))}
          >
            ←
          </button>
          <button
            type="button"
            aria-label={`later: ${word} after ${to}`}
            aria-disabled={to >= last}
            onClick={() => to < last && show(to + room >= last ? null : from + room)}
          >
            →
          </button>
        </span>
      )}
    </>
  );
}

interface CellsProps {
  v: View;
  field: number;
  positions: Positions;
  column: number;
  /** Of a column. */
  width: number;
}

function Cells({ v, field, positions, column, width }: CellsProps) {
  const all = Array.from({ length: positions.to - positions.from + 1 }, (_, k) => positions.from + k);
  const { run, states } = v;
  return (
    <table class="state-grid" style={{ "--column": `${width}px` }} onKeyDown={move}>
      <caption class="state-hidden">
        {states.fields[field]!.doc} What is chosen is solid, and what is applied has a dot.
      </caption>
      <thead>
        <tr>
          <th scope="col">
            <span class="state-hidden">process</span>
          </th>
          {all.map((n) => (
            <th key={n} scope="col">
              {n}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {processesWith(states, field).map((p) => (
          <tr key={p}>
            <th scope="row">{run.head.processes[p]!.name}</th>
            {all.map((n) => (
              <Cell key={n} v={v} field={field} process={p} position={n} column={column} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellProps {
  v: View;
  field: number;
  process: number;
  position: number;
  column: number;
}

function Cell({ v, field, process, position, column }: CellProps) {
  const { states } = v;
  const slot = states.cell(process, field)?.byKey.get(position);
  const change = v.at.set(slot);
  const changed = slot !== undefined && v.changed.has(slot);
  if (change === none) {
    return (
      <td class={changed ? "state-changed" : ""}>{changed && <span class="state-hidden">gone, changed</span>}</td>
    );
  }
  const f = states.fields[field]!;
  const is = standing(v, change);
  const text = states.text(change, column);
  const p = picked.value;
  const isPicked = p?.run === v.number && p.field === field && p.process === process && p.position === position;
  const says = [
    ...f.columns.map((name, k) => `${name} ${states.text(change, k) || "none"}`),
    is.chosen ? "chosen" : "not known to be chosen",
    is.applied ? "applied" : "",
    changed ? "changed" : "",
  ];
  const hue = f.colour === "" ? "" : `state-hue-${hueOf(text)}`;
  return (
    <td class={changed ? "state-changed" : ""}>
      <button
        type="button"
        class={`state-cell ${hue} ${is.chosen ? "state-solid" : "state-hatched"}`}
        aria-pressed={isPicked}
        title={f.columns
          .map((_, k) => states.text(change, k))
          .filter(Boolean)
          .join(" · ")}
        aria-label={`${v.run.head.processes[process]!.name}, ${position}: ${says.filter(Boolean).join(", ")}`}
        onClick={() => (picked.value = isPicked ? null : { run: v.number, process, field, position })}
      >
        {text}
        {is.applied && <span class="state-dot" aria-hidden="true" />}
      </button>
    </td>
  );
}

/** The arrow keys go from cell to cell. */
function move(event: KeyboardEvent): void {
  const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const cell = (event.target as HTMLElement).closest("td");
  const row = cell?.closest("tr"),
    body = row?.parentElement as HTMLTableSectionElement | null | undefined;
  if (!by || !cell || !row || !body || event.shiftKey || event.ctrlKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  let at = cell.cellIndex,
    line = row.sectionRowIndex;
  for (;;) {
    at += by[1]!;
    line += by[0]!;
    const next = body.rows[line]?.cells[at];
    if (!next || next.tagName !== "TD") return;
    const button = next.querySelector("button");
    if (button) return button.focus();
  }
}
