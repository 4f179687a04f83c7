// What the panel of states shows, without how: which run, at which moment, what changed there, and what of long tables.

import { computed, signal } from "@preact/signals";
import { cursor, now, runs } from "../app/state.ts";
import { momentsUntil } from "../app/transport.ts";
import { none, type Run } from "../model/run.ts";
import { StateAt, statesOf, type States } from "../model/states.ts";
import { which } from "./which.tsx";

/** The row of a table that was clicked. */
export interface Picked {
  run: number;
  process: number;
  field: number;
  position: number;
}
export const picked = signal<Picked | null>(null);

/** What processes hold at the cursor. */
export interface View {
  number: number;
  run: Run;
  states: States;
  at: StateAt;
  /** How many moments have happened. */
  moments: number;
  /** The slots that held something else where the cursor was before. */
  changed: ReadonlySet<number>;
}

const views = new WeakMap<Run, View>();

/** The view of a run after so many moments. What changed is told from where it was asked for last. */
export function viewOf(run: Run, number: number, moments: number): View {
  let view = views.get(run);
  if (!view) {
    const states = statesOf(run);
    view = { number, run, states, at: new StateAt(states), moments: -1, changed: new Set() };
    view.at.seek(moments - 1); // what changed in the last moment is new
    views.set(run, view);
  }
  if (view.moments === moments) return view;
  view = { ...view, number, moments, changed: new Set(view.at.seek(moments).keys()) };
  views.set(run, view);
  return view;
}

/** The view of the run that is shown; null if there is none. */
export const view = computed<View | null>(() => {
  const number = which.value;
  const run = runs.value[number];
  if (!run) return null;
  return viewOf(run, number, number === 0 ? cursor.value : momentsUntil(run, now.value));
});

/** Where the cursor has to be for a run to stand after so many moments. */
export function cursorFor(run: Run, number: number, moments: number): number {
  const first = runs.value[0];
  if (number === 0 || !first) return moments;
  return momentsUntil(first, run.timeOf(moments - 1));
}

/** Processes that have the same fields. */
export interface Group {
  processes: number[];
  fields: number[];
}

/** The servers by what is told of them as single values, in the order of their fields. */
export function groupsOf(states: States): Group[] {
  const groups = new Map<string, Group>();
  states.run.head.processes.forEach((p, process) => {
    if (p.kind !== "server") return;
    const fields: number[] = [];
    states.fields.forEach((f, i) => {
      if ((f.kind === "status" || f.kind === "scalar") && f.groups.includes(p.group)) fields.push(i);
    });
    if (fields.length === 0) return;
    const name = fields.join();
    const group = groups.get(name) ?? { processes: [], fields };
    group.processes.push(process);
    groups.set(name, group);
  });
  for (const g of groups.values()) g.processes.sort((a, b) => compareNames(states.run, a, b));
  return [...groups.values()];
}

/** The processes that have a field, in the order of their names. */
export function processesWith(states: States, field: number): number[] {
  const groups = states.fields[field]!.groups;
  const all = states.run.head.processes
    .map((_, i) => i)
    .filter((i) => groups.includes(states.run.head.processes[i]!.group));
  return all.sort((a, b) => compareNames(states.run, a, b));
}

function compareNames(run: Run, a: number, b: number): number {
  return run.head.processes[a]!.name.localeCompare(run.head.processes[b]!.name, "en", { numeric: true });
}

/** The positions of a table that are shown, of all that are there. */
export interface Positions {
  first: number;
  last: number;
  from: number;
  to: number;
}

/**
 * Which positions of a numbered table to show, so many at most: those that a person asked for, from wanted on; or else
 * the end, or what changed if that is all before it. It is null where there are none.
 */
export function positionsOf(v: View, field: number, room: number, wanted: number | null): Positions | null {
  let first = Infinity,
    last = -Infinity,
    changed = Infinity,
    lastChanged = -Infinity;
  for (const process of processesWith(v.states, field)) {
    for (const slot of v.states.cell(process, field)?.slots ?? []) {
      const key = v.states.key(slot);
      if (v.changed.has(slot)) [changed, lastChanged] = [Math.min(changed, key), Math.max(lastChanged, key)];
      if (v.at.set(slot) === none) continue;
      first = Math.min(first, key);
      last = Math.max(last, key);
    }
  }
  if (first > last) return null;
  let from = wanted ?? last - room + 1;
  if (wanted === null && lastChanged < from && changed < from) from = changed - Math.floor(room / 2);
  from = Math.max(first, Math.min(from, last - room + 1));
  return { first, last, from, to: Math.min(last, from + room - 1) };
}

/** What is known of a row: whether it is chosen, and applied, where it stands. */
export interface Standing {
  chosen: boolean;
  applied: boolean;
}

/**
 * Says whether the row that a change set is chosen and applied, as its process knows. A table without a word on that
 * has what is chosen if it says what is applied; of any other it is looked up in those.
 */
export function standing(v: View, change: number): Standing {
  const { states, at } = v;
  const slot = states.slot[change]!;
  const cell = states.cellOf(slot);
  const f = states.fields[cell.field]!;
  const upTo = (name: string) => {
    const text = at.value(cell.process, states.fieldNamed(name));
    return text !== undefined && states.key(slot) <= Number(text);
  };
  const applied = f.applied !== "" && upTo(f.applied);
  if (f.chosen !== "") return { chosen: upTo(f.chosen), applied };
  return { chosen: f.applied !== "" || isChosenElsewhere(v, change), applied };
}

function isChosenElsewhere(v: View, change: number): boolean {
  const { states, at } = v;
  const slot = states.slot[change]!;
  const mine = states.fields[states.cellOf(slot).field]!;
  return states.cells.some((cell) => {
    const f = states.fields[cell.field]!;
    if (!f.numbered || f.kind !== "table" || f.applied === "" || f.chosen !== "") return false;
    const other = at.row(cell.process, cell.field, states.key(slot));
    return (
      other !== none &&
      f.columns.every((name, k) => {
        const here = mine.columns.indexOf(name);
        return here < 0 || states.text(other, k) === states.text(change, here);
      })
    );
  });
}

/** The hue of a text: those of whole numbers in turn, those of others by what they are. */
export function hueOf(text: string): number {
  let n = Number(text);
  if (!Number.isInteger(n) || n < 0) {
    n = 0;
    for (let k = 0; k < text.length; k++) n = (n * 31 + text.charCodeAt(k)) % 1_000_003;
  }
  return [0, 1, 2, 3, 4, 6][n % 6]!;
}

/** After how many moments a single value of a process reached a number, from some moment on; none if it never did. */
export function reached(states: States, process: number, field: number, number: number, from: number): number {
  if (field === none) return none;
  for (const change of states.cell(process, field)?.changes ?? []) {
    if (states.after[change]! >= from && states.gone[change] === 0 && Number(states.text(change)) >= number) {
      return states.after[change]!;
    }
  }
  return none;
}
