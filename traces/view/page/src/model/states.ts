// What processes hold, at any moment: a list of changes, of which each knows what it replaced, so that a step forwards
// and a step back cost the same. traces/view/changes.go writes them.

import { Column, TextColumn, type Texts } from "./columns.ts";
import type { Field } from "./head.ts";
import { none, type Run } from "./run.ts";

/** A field of a process: where its values, or its rows, are. */
export interface Cell {
  process: number;
  field: number;
  /** The places of its values, in the order in which they came up; one for a single value. */
  slots: number[];
  /** Of each key its slot: a position, or the number of a text. */
  byKey: Map<number, number>;
  /** All changes of it. */
  changes: number[];
  /** The greatest key, of numbered rows the highest position there ever is. */
  highest: number;
}

/** All changes of what the processes of a run hold. A slot is the place of one value or row. */
export class States {
  readonly fields: Field[];
  readonly count: number;
  /** Of each change, how many moments have happened when it has: 1 is the first moment. */
  readonly after: Int32Array;
  readonly slot: Int32Array;
  /** Of each change, the one of the same slot before it; none if there is none. */
  readonly before: Int32Array;
  readonly gone: Uint8Array;
  readonly cells: Cell[] = [];
  readonly slots: number;
  private readonly cellOfSlot: Cell[] = [];
  private readonly keyOfSlot: number[] = [];
  private readonly firstValue: Uint32Array;
  private readonly values: number[] = [];
  private readonly cellAt = new Map<number, Cell>();

  constructor(readonly run: Run) {
    const { head } = run;
    this.fields = head.fields ?? [];
    this.count = head.changes ?? 0;
    this.after = new Int32Array(this.count);
    this.slot = new Int32Array(this.count);
    this.before = new Int32Array(this.count);
    this.gone = new Uint8Array(this.count);
    this.firstValue = new Uint32Array(this.count + 1);
    this.read();
    this.slots = this.keyOfSlot.length;
  }

  /** Reads all changes, whose texts follow those of the spans. */
  private read(): void {
    const { head, packed } = this.run;
    const texts: Texts = { known: this.run.textsOfSpans };
    const bytes = (name: string, k = 0) => packed.columns.get(name)?.[k] ?? new Uint8Array();
    let columns = 0;
    const keys = this.fields.map((_, k) => new TextColumn(bytes("change_key", k), texts));
    const values = this.fields.map((f) =>
      f.columns.map(() => new TextColumn(bytes("change_value", columns++), texts)),
    );
    const at = new Column(bytes("change_at")),
      kinds = new Column(bytes("change_kind"));
    const most = 1 + Math.max(0, ...this.fields.map((f) => f.columns.length));
    const last = new Float64Array(head.processes.length * this.fields.length * most); // of each column, and of the key
    const next = (column: TextColumn, isNumber: boolean, of: number) =>
      isNumber ? (last[of]! += column.signed()) : column.text();
    const lastOf: number[] = []; // of each slot its last change
    let moment = 1;
    for (let k = 0; k < this.count; k++) {
      moment += at.next();
      this.after[k] = moment;
      const kind = head.kinds[kinds.next()]!;
      const f = this.fields[kind.field]!;
      const of = (kind.process * this.fields.length + kind.field) * most;
      const keyed = f.kind === "table" || f.kind === "store";
      const key = keyed ? next(keys[kind.field]!, f.numbered, of) : 0;
      const cell = this.cellFor(kind.process, kind.field);
      const slot = (this.slot[k] = this.slotFor(cell, key));
      cell.changes.push(k);
      this.before[k] = lastOf[slot] ?? none;
      lastOf[slot] = k;
      this.gone[k] = kind.gone ? 1 : 0;
      this.firstValue[k] = this.values.length;
      if (kind.gone) continue;
      for (let c = 0; c < f.columns.length; c++) {
        this.values.push(next(values[kind.field]![c]!, f.types[c] === "number", of + 1 + c));
      }
    }
    this.firstValue[this.count] = this.values.length;
  }

  private cellFor(process: number, field: number): Cell {
    const place = process * this.fields.length + field;
    let cell = this.cellAt.get(place);
    if (!cell) {
      cell = { process, field, slots: [], byKey: new Map(), changes: [], highest: 0 };
      this.cells.push(cell);
      this.cellAt.set(place, cell);
    }
    return cell;
  }

  private slotFor(cell: Cell, key: number): number {
    let slot = cell.byKey.get(key);
    if (slot === undefined) {
      slot = this.keyOfSlot.length;
      cell.byKey.set(key, slot);
      cell.slots.push(slot);
      cell.highest = Math.max(cell.highest, key);
      this.keyOfSlot.push(key);
      this.cellOfSlot.push(cell);
    }
    return slot;
  }

  /** The cell of a field of a process; undefined if nothing is ever told of it. */
  cell(process: number, field: number): Cell | undefined {
    return this.cellAt.get(process * this.fields.length + field);
  }

  cellOf(slot: number): Cell {
    return this.cellOfSlot[slot]!;
  }

  /** The number of the field with a name; none if there is none. */
  fieldNamed(name: string): number {
    return name === "" ? none : this.fields.findIndex((f) => f.name === name);
  }

  /** The key of a slot as a number; of a text, its number. */
  key(slot: number): number {
    return this.keyOfSlot[slot]!;
  }

  keyText(slot: number): string {
    const key = this.keyOfSlot[slot]!;
    return this.fields[this.cellOf(slot).field]!.numbered ? String(key) : (this.run.head.texts[key] ?? "");
  }

  /** What a change sets a column to; empty for what is gone. */
  text(change: number, column = 0): string {
    const at = this.firstValue[change]! + column;
    if (at >= this.firstValue[change + 1]!) return "";
    const n = this.values[at]!;
    const type = this.fields[this.cellOf(this.slot[change]!).field]!.types[column];
    return type === "number" ? String(n) : (this.run.head.texts[n] ?? "");
  }

  /** What a change sets a column to: a number, or the number of a text. */
  number(change: number, column = 0): number {
    return this.values[this.firstValue[change]! + column] ?? 0;
  }

  /** Says whether two changes set the same; none sets nothing. */
  same(a: number, b: number): boolean {
    const nothing = (c: number) => c === none || this.gone[c] === 1;
    if (nothing(a) || nothing(b)) return nothing(a) && nothing(b);
    const length = this.firstValue[a + 1]! - this.firstValue[a]!;
    for (let k = 0; k < length; k++) if (this.number(a, k) !== this.number(b, k)) return false;
    return true;
  }

  /** How many changes have happened when so many moments have. */
  happened(moments: number): number {
    let low = 0,
      high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.after[middle]! <= moments) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const known = new WeakMap<Run, States>();

/** The states of a run. They are unpacked when they are asked for first. */
export function statesOf(run: Run): States {
  let states = known.get(run);
  if (!states) known.set(run, (states = new States(run)));
  return states;
}

/** What processes hold at one moment, which can be moved. */
export class StateAt {
  /** Of each slot, the change that set it; none if nothing did. */
  readonly holds: Int32Array;
  private done = 0;
  /** Of each slot, what it held before the last move, if it is noted in that. */
  private readonly held: Int32Array;
  private readonly noted: Uint32Array;
  private move = 0;

  constructor(readonly states: States) {
    this.holds = new Int32Array(states.slots).fill(none);
    this.held = new Int32Array(states.slots);
    this.noted = new Uint32Array(states.slots);
  }

  /** Moves to when so many moments have happened; returns of each slot that then holds something else what held. */
  seek(moments: number): Map<number, number> {
    const { states, holds } = this;
    const to = states.happened(moments);
    const move = ++this.move;
    const moved: number[] = [];
    const note = (slot: number) => {
      if (this.noted[slot] === move) return;
      this.noted[slot] = move;
      this.held[slot] = holds[slot]!;
      moved.push(slot);
    };
    for (; this.done < to; this.done++) {
      const slot = states.slot[this.done]!;
      note(slot);
      holds[slot] = this.done;
    }
    while (this.done > to) {
      this.done--;
      const slot = states.slot[this.done]!;
      note(slot);
      holds[slot] = states.before[this.done]!;
    }
    const was = new Map<number, number>();
    for (const slot of moved) if (!states.same(this.held[slot]!, holds[slot]!)) was.set(slot, this.held[slot]!);
    return was;
  }

  /** The change that set what a slot holds; none if it holds nothing. */
  set(slot: number | undefined): number {
    if (slot === undefined) return none;
    const change = this.holds[slot]!;
    return change === none || this.states.gone[change] === 1 ? none : change;
  }

  /** The single value of a field of a process; undefined if it is not known. */
  value(process: number, field: number): string | undefined {
    const change = this.set(this.states.cell(process, field)?.slots[0]);
    return change === none ? undefined : this.states.text(change);
  }

  /** The rows of a table or a store that are there, in no order: each as the change that set it. */
  rows(process: number, field: number): number[] {
    const all: number[] = [];
    for (const slot of this.states.cell(process, field)?.slots ?? []) {
      const change = this.set(slot);
      if (change !== none) all.push(change);
    }
    return all;
  }

  /** The row at a position; none if there is none. */
  row(process: number, field: number, position: number): number {
    return this.set(this.states.cell(process, field)?.byKey.get(position));
  }
}

/** How long a single value was what it was: in nanoseconds, and in moments that have happened. */
export interface Interval {
  from: number;
  to: number;
  value: string;
  after: number;
  before: number;
}

/** When a process's field of a name had which value, oldest first. It is empty if nothing tells. */
export function intervals(run: Run, process: number, name: string): Interval[] {
  const states = statesOf(run);
  const field = states.fieldNamed(name);
  const cell = field === none ? undefined : states.cell(process, field);
  const all: Interval[] = [];
  let open: Interval | undefined;
  for (const change of cell?.changes ?? []) {
    const after = states.after[change]!;
    const at = run.timeOf(after - 1);
    if (open) Object.assign(open, { to: at, before: after });
    if (states.gone[change] === 1) {
      open = undefined;
      continue;
    }
    const value = states.text(change);
    if (open?.value === value) continue;
    open = { from: at, to: run.last, value, after, before: run.moments.length + 1 };
    all.push(open);
  }
  if (open) Object.assign(open, { to: run.last, before: run.moments.length + 1 });
  return all;
}
