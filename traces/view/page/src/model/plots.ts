// The numbers that plots show, from a run alone.

import { answerOf, historyOf } from "./history.ts";
import { none, lost, type Run } from "./run.ts";
import { StateAt, statesOf, type Cell, type States } from "./states.ts";

/** When something was, and how much it was. */
export interface Sample {
  at: number;
  value: number;
  /** The span that tells it. */
  span: number;
}

/** A number of a process that changes over time: each holds until the next. */
export interface Series {
  name: string;
  points: { at: number; value: number }[];
}

/** How long each entry took from when a process wrote it first until one knew that it is chosen. */
export function commitLatency(run: Run): Sample[] {
  const states = statesOf(run);
  const at = new StateAt(states);
  const written = new Map<string, number>();
  const chosen = new Map<number, Sample>();
  const upTo = new Map<number, number[]>(); // of a field, the tables whose entries it says are chosen
  states.fields.forEach((f, k) => {
    const by = isOfPositions(states, k) ? states.fieldNamed(f.chosen) : none;
    if (by !== none) upTo.set(by, [...(upTo.get(by) ?? []), k]);
  });
  let highest = 0;
  const choose = (change: number, row: number, position: number) => {
    const after = states.after[change]!;
    const first = row === none ? undefined : written.get(entryOf(states, row));
    if (chosen.has(position) || first === undefined) return;
    const when = run.timeOf(after - 1);
    chosen.set(position, { at: when, value: when - run.timeOf(first - 1), span: run.moments[after - 1]! >> 1 });
  };
  for (let change = 0; change < states.count; change++) {
    at.holds[states.slot[change]!] = change;
    if (states.gone[change] === 1) continue;
    const cell = states.cellOf(states.slot[change]!);
    if (isOfPositions(states, cell.field)) {
      const entry = entryOf(states, change);
      if (!written.has(entry)) written.set(entry, states.after[change]!);
      if (isSettled(states, cell.field)) choose(change, change, states.key(states.slot[change]!));
    }
    const tables = upTo.get(cell.field);
    const to = tables ? Number(states.text(change)) : 0;
    for (; tables && highest < to; highest++) {
      for (const table of tables) choose(change, at.row(cell.process, table, highest + 1), highest + 1);
    }
  }
  return [...chosen.values()].sort((a, b) => a.at - b.at);
}

const isOfPositions = (states: States, field: number) =>
  states.fields[field]!.kind === "table" && states.fields[field]!.numbered;

/** Says whether what is in a table is chosen: it says what is applied, and needs not to say what is chosen. */
function isSettled(states: States, field: number): boolean {
  const f = states.fields[field]!;
  return f.applied !== "" && f.chosen === "";
}

/** What tells entries apart: where they stand, and what they ask for; in a log also how it is numbered. */
function entryOf(states: States, change: number): string {
  const slot = states.slot[change]!;
  const f = states.fields[states.cellOf(slot).field]!;
  const name = `${states.key(slot)} ${states.text(change, f.columns.length - 1)}`;
  const colour = f.columns.indexOf(f.colour);
  return f.chosen !== "" && colour >= 0 ? `${name} ${states.text(change, colour)}` : name;
}

/** How long each operation took from its asking to its answer, by when it was answered. */
export function clientLatency(run: Run): Sample[] {
  const all: Sample[] = [];
  for (const op of historyOf(run).operations) {
    if (answerOf(run, op) === "") continue;
    const end = run.end[op.span]!;
    all.push({ at: end, value: end - run.start[op.span]!, span: op.span });
  }
  return all.sort((a, b) => a.at - b.at);
}

/** What was sent of one type. */
export interface Traffic {
  type: string;
  messages: number;
  lost: number;
  bytes: number;
}

/** What the trace calls the size of the message that a span sends. */
const size = "raftkv.size";

/** The messages by type, the most first: each copy that was sent counts. */
export function traffic(run: Run): Traffic[] {
  const byType = new Map<string, Traffic>();
  for (let k = 0; k < run.arrows.count; k++) {
    const from = run.arrows.from[k]!;
    const type = run.name(from >> 1) + (from % 2 === 1 ? ", the answer" : "");
    let t = byType.get(type);
    if (!t) byType.set(type, (t = { type, messages: 0, lost: 0, bytes: 0 }));
    t.messages++;
    if (run.arrows.fate[k]! & lost) t.lost++;
    const bytes = run.attribute(from >> 1, size);
    if (typeof bytes === "number") t.bytes += bytes;
  }
  return [...byType.values()].sort((a, b) => b.messages - a.messages || a.type.localeCompare(b.type));
}

/** A table of positions, such as a log: how many rows of it each process has, over time. */
export interface Growth {
  field: number;
  series: Series[];
}

export function growth(run: Run): Growth[] {
  const states = statesOf(run);
  const all: Growth[] = [];
  states.fields.forEach((_, field) => {
    if (!isOfPositions(states, field)) return;
    const series = cellsOf(states, field).map((cell) => {
      let rows = 0;
      const points: Series["points"] = [];
      for (const change of cell.changes) {
        const before = states.before[change]!;
        const was = before !== none && states.gone[before] === 0;
        const is = states.gone[change] === 0;
        if (was === is) continue;
        rows += is ? 1 : -1;
        put(points, run.timeOf(states.after[change]! - 1), rows);
      }
      return { name: run.head.processes[cell.process]!.name, points };
    });
    if (series.length > 0) all.push({ field, series });
  });
  return all;
}

/** How far each process is behind the one that is the furthest, over time, in what it knows to be chosen or applied. */
export function lag(run: Run): Growth[] {
  const states = statesOf(run);
  const named = new Set(states.fields.flatMap((f) => [f.chosen, f.applied]));
  const all: Growth[] = [];
  states.fields.forEach((f, field) => {
    if (f.kind !== "scalar" || f.types[0] !== "number" || !named.has(f.name)) return;
    const cells = cellsOf(states, field);
    const values = cells.map(() => 0),
      series = cells.map((c) => ({ name: run.head.processes[c.process]!.name, points: [] as Series["points"] }));
    const changes = cells
      .flatMap((c, k) => c.changes.map((change) => ({ change, k })))
      .sort((a, b) => a.change - b.change);
    let highest = 0;
    for (const { change, k } of changes) {
      if (states.gone[change] === 1) continue;
      values[k] = Number(states.text(change));
      const at = run.timeOf(states.after[change]! - 1);
      if (values[k]! > highest) {
        highest = values[k]!;
        series.forEach((s, i) => put(s.points, at, highest - values[i]!));
      } else {
        put(series[k]!.points, at, highest - values[k]!);
      }
    }
    if (series.length > 0) all.push({ field, series });
  });
  return all;
}

/** The cells of a field, in the order of the processes' names. */
function cellsOf(states: States, field: number): Cell[] {
  const name = (c: Cell) => states.run.head.processes[c.process]!.name;
  return states.cells
    .filter((c) => c.field === field)
    .sort((a, b) => name(a).localeCompare(name(b), "en", { numeric: true }));
}

/** Adds what a number is from a time on; of several at one time, the last one is kept. */
function put(points: Series["points"], at: number, value: number): void {
  const last = points[points.length - 1];
  if (last?.value === value) return;
  if (last?.at === at) last.value = value;
  else points.push({ at, value });
}

/** The value that so many of a hundred are not above, of values that are in order. */
export function upTo(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}

/** What several samples are drawn as: how many they are, the least, the middle and the greatest. */
export interface Bucket {
  from: number;
  to: number;
  count: number;
  least: number;
  half: number;
  greatest: number;
}

/** Samples in so many equal parts of a time, those without any left out. */
export function bucketsOf(samples: readonly Sample[], from: number, to: number, parts: number): Bucket[] {
  const width = Math.max(1e-9, (to - from) / parts);
  const byPart = new Map<number, number[]>();
  for (const s of samples) {
    if (s.at < from || s.at > to) continue;
    const part = Math.min(parts - 1, Math.floor((s.at - from) / width));
    const list = byPart.get(part);
    if (list) list.push(s.value);
    else byPart.set(part, [s.value]);
  }
  return [...byPart]
    .sort((a, b) => a[0] - b[0])
    .map(([part, values]) => {
      values.sort((a, b) => a - b);
      return {
        from: from + part * width,
        to: from + (part + 1) * width,
        count: values.length,
        least: values[0]!,
        half: upTo(values, 50),
        greatest: values[values.length - 1]!,
      };
    });
}

/** Of the points in each column of a drawing, the first, least, greatest and last: the line looks the same. */
export function thinned(points: Series["points"], column: (at: number) => number): Series["points"] {
  const kept: Series["points"] = [];
  for (let i = 0; i < points.length;) {
    const here = column(points[i]!.at);
    let end = i,
      least = i,
      greatest = i;
    for (; end < points.length && column(points[end]!.at) === here; end++) {
      if (points[end]!.value < points[least]!.value) least = end;
      if (points[end]!.value > points[greatest]!.value) greatest = end;
    }
    for (const k of [...new Set([i, least, greatest, end - 1])].sort((a, b) => a - b)) kept.push(points[k]!);
    i = end;
  }
  return kept;
}

/** How often each value was: as a sweep counts them. */
export type Counts = Record<string, number>;

/** A part of a distribution: from a value up to another one, which only the last part has. */
export interface Bin {
  from: number;
  to: number;
  count: number;
}

/** A distribution in words and in parts. */
export interface Distribution {
  count: number;
  half: number;
  ninety: number;
  ninetyNine: number;
  most: number;
  bins: Bin[];
}

/** The distribution of counted values, in so many parts at most: equal ones, or each a multiple of the one before. */
export function distributionOf(counts: Iterable<[number, number]>, parts: number, multiples: boolean): Distribution {
  const all = [...counts].filter(([, n]) => n > 0).sort((a, b) => a[0] - b[0]);
  const count = all.reduce((sum, [, n]) => sum + n, 0);
  const quantile = (percent: number) => {
    let left = Math.ceil((count * percent) / 100);
    for (const [value, n] of all) if ((left -= n) <= 0) return value;
    return 0;
  };
  const low = all[0]?.[0] ?? 0,
    high = all[all.length - 1]?.[0] ?? 0;
  const byMultiples = multiples && low > 0 && high > low;
  const edges = edgesOf(low, high, parts, byMultiples);
  const bins = edges.slice(1).map((to, k) => ({ from: edges[k]!, to, count: 0 }));
  let bin = 0;
  for (const [value, n] of all) {
    while (bin < bins.length - 1 && value >= bins[bin]!.to) bin++;
    bins[bin]!.count += n;
  }
  return { count, half: quantile(50), ninety: quantile(90), ninetyNine: quantile(99), most: high, bins };
}

/** Where the parts of a distribution begin, and where the last one ends. */
function edgesOf(low: number, high: number, parts: number, multiples: boolean): number[] {
  if (multiples)
    return Array.from({ length: parts + 1 }, (_, k) => (k === parts ? high : low * (high / low) ** (k / parts)));
  const whole = Number.isInteger(low) && Number.isInteger(high) && high - low < 1e6;
  const width = whole ? Math.max(1, Math.ceil((high - low + 1) / parts)) : Math.max(1e-9, (high - low) / parts);
  const edges = [low];
  while (edges[edges.length - 1]! <= high && edges.length <= parts) edges.push(low + edges.length * width);
  return edges;
}
