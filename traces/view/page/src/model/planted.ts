// A run made up for tests: changes of states, packed as traces/view/changes.go packs them.

import type { Packed } from "./columns.ts";
import type { Field, Head } from "./head.ts";
import { Run } from "./run.ts";

/** A change: after how many moments, of which process and field, of which row, and what to; null: it is gone. */
export type Planted = [after: number, process: number, field: number, key: string, values: string[] | null];

/** A span: its process, when it begins and ends in ns, and its mark. */
export interface PlantedSpan {
  process: number;
  start: number;
  end: number;
}

/** Bytes as columns have them. */
export class Bytes {
  readonly all: number[] = [];

  add(n: number): void {
    for (; n >= 128; n = Math.floor(n / 128)) this.all.push((n % 128) + 128);
    this.all.push(n);
  }

  signed(n: number): void {
    this.add(n < 0 ? -2 * n - 1 : 2 * n);
  }
}

export function fieldOf(name: string, kind: Field["kind"], columns: [string, "number" | "text"][], more = {}): Field {
  return {
    name,
    kind,
    word: name,
    doc: `What ${name} is.`,
    groups: ["node"],
    columns: columns.map((c) => c[0]),
    types: columns.map((c) => c[1]),
    numbered: kind === "table",
    chosen: "",
    applied: "",
    colour: "",
    ...more,
  };
}

/** A run of processes whose spans are one after the other, with changes. */
export function plantedRun(processes: string[], spans: PlantedSpan[], fields: Field[], changes: Planted[]): Run {
  const columns = new Map<string, Uint8Array[]>();
  const put = (name: string, ...all: Bytes[]) =>
    columns.set(
      name,
      all.map((b) => Uint8Array.from(b.all)),
    );
  const [start, width, shape, zero, moments, shapes] = Array.from({ length: 6 }, () => new Bytes());
  let last = 0;
  for (const s of spans) {
    start!.signed(s.start - last);
    last = s.start;
    width!.signed(s.end - s.start);
    shape!.add(s.process);
    zero!.add(0);
    moments!.add(0);
    moments!.add(1);
  }
  processes.forEach((_, p) => shapes!.add(p));
  put("start", start!);
  put("width", width!);
  put("shape", shape!);
  put("moments", moments!);
  put("shape_process", shapes!);
  for (const name of ["parent", "mark", "status_code", "events", "links", "layout"]) put(name, zero!);
  const status = new Bytes();
  spans.forEach((_, i) => status.add(i === 0 ? 0 : 1));
  put("status_text", status);
  columns.set("ids", [new Uint8Array(8 * spans.length)]);
  const head = {
    unit_ns: 1,
    spans: spans.length,
    arrows: 0,
    processes: processes.map((name) => ({ name, group: "node", kind: "server" })),
    shapes: processes.map(() => ({ name: "step", kind: "Internal" })),
    marks: [""],
    keys: [],
    layouts: [[]],
    texts: [""],
    lines: [],
    events: [],
    elsewhere: [],
    fields,
    kinds: [],
    changes: changes.length,
  } as unknown as Head;
  plant(head, changes, put);
  return new Run({ head, columns } satisfies Packed<Head>);
}

/** Writes changes; a text that came before is written by its number. */
function plant(head: Head, changes: Planted[], put: (name: string, ...all: Bytes[]) => void): void {
  const [at, kind] = [new Bytes(), new Bytes()];
  const keys = head.fields.map(() => new Bytes());
  const values = head.fields.map((f) => f.columns.map(() => new Bytes()));
  const last = new Map<string, number>();
  const write = (to: Bytes, isNumber: boolean, text: string, of: string) => {
    if (isNumber) {
      to.signed(Number(text) - (last.get(of) ?? 0));
      last.set(of, Number(text));
      return;
    }
    const known = head.texts.indexOf(text);
    to.add(known < 0 ? 0 : known + 49);
    if (known < 0) head.texts.push(text);
  };
  let before = 1;
  for (const [after, process, field, key, row] of changes) {
    at.add(after - before);
    before = after;
    let k = head.kinds.findIndex((x) => x.process === process && x.field === field && x.gone === (row === null));
    if (k < 0) k = head.kinds.push({ process, field, gone: row === null }) - 1;
    kind.add(k);
    const f = head.fields[field]!;
    const name = `${process} ${field} `;
    if (f.kind === "table" || f.kind === "store") write(keys[field]!, f.numbered, key, name);
    row?.forEach((text, c) => write(values[field]![c]!, f.types[c] === "number", text, name + c));
  }
  put("change_at", at);
  put("change_kind", kind);
  put("change_key", ...keys);
  put("change_value", ...values.flat());
}
