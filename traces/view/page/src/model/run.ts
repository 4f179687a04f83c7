// A run in memory. Spans have numbers, from 0, in the order in which they begin; moments are their beginnings and ends.

import { Column, TextColumn, type Packed, type Texts } from "./columns.ts";
import type { Head, Mark } from "./head.ts";

/** What became of a message, as bits: traces/view/arrows.go. */
export const lost = 1;
export const delayed = 2;
export const duplicate = 4;
export const late = 8;
export const untold = 16;

export const none = -1;
const noSpans: readonly number[] = [];

/** A value of an attribute. */
export type Value = number | boolean | string | string[];

export interface Attribute {
  key: string;
  value: Value;
}

export interface SpanEvent {
  name: string;
  at: number;
  attributes: Attribute[];
}

export interface Link {
  to: number; // none if the trace does not have it
  id: string;
  attributes: Attribute[];
}

/** A run. Times are in nanoseconds from its beginning. */
export class Run {
  readonly head: Head;
  readonly spans: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly shape: Uint32Array;
  readonly parent: Int32Array;
  readonly process: Uint16Array;
  readonly mark: Uint8Array;
  readonly failed: Uint8Array;
  /** The one order of beginnings and ends: 2·span for a beginning, 2·span+1 for an end. */
  readonly moments: Int32Array;
  /** Of 2·span and 2·span+1, its place in that order. */
  readonly place: Int32Array;
  readonly arrows: Arrows;
  readonly lines: Lines;
  /** When the last span ends. */
  readonly last: number;
  /** What is packed: what a part of the page needs alone, it unpacks when it does. */
  readonly packed: Packed<Head>;
  /** How many texts the spans have: those of the changes of states follow. */
  readonly textsOfSpans: number;

  private readonly ids: Uint8Array;
  private readonly status: Int32Array;
  private readonly layout: Uint16Array;
  private readonly firstItem: Uint32Array; // of each span; its events and then its links follow
  private readonly itemValue: Uint32Array; // where the values of an item begin
  private readonly values: Float64Array;
  private readonly lists: string[][] = [];
  private readonly firstEvent: Uint32Array;
  private readonly eventName: Uint16Array;
  private readonly eventAt: Float64Array;
  private readonly firstLink: Uint32Array;
  private readonly linked: Int32Array;

  constructor(packed: Packed<Head>) {
    const head = (this.head = packed.head);
    this.packed = packed;
    const n = (this.spans = head.spans);
    const bytes = (name: string) => packed.columns.get(name)?.[0] ?? new Uint8Array();
    const column = (name: string) => new Column(bytes(name));
    const texts: Texts = { known: 0 };

    this.ids = bytes("ids");
    this.start = new Float64Array(n);
    this.end = new Float64Array(n);
    this.shape = new Uint32Array(n);
    this.parent = new Int32Array(n);
    this.process = new Uint16Array(n);
    this.mark = new Uint8Array(n);
    this.failed = new Uint8Array(n);
    this.status = new Int32Array(n);
    this.firstItem = new Uint32Array(n + 1);
    this.firstEvent = new Uint32Array(n + 1);
    this.firstLink = new Uint32Array(n + 1);
    const processOf = processes(head, bytes("shape_process"));

    const start = column("start"), width = column("width"), shape = column("shape"), parent = column("parent");
    const mark = column("mark"), code = column("status_code");
    const events = column("events"), links = column("links");
    let at = 0, last = 0, items = 0;
    for (let i = 0; i < n; i++) {
      at += start.signed();
      this.start[i] = at * head.unit_ns;
      this.end[i] = (at + width.signed()) * head.unit_ns;
      last = Math.max(last, this.end[i]!);
      const s = (this.shape[i] = shape.next());
      const above = parent.signed();
      this.parent[i] = above === 0 ? none : i - above;
      this.process[i] = processOf[s] ?? 0;
      this.mark[i] = mark.next();
      this.failed[i] = code.next() === 1 ? 1 : 0;
      const e = events.next(), l = links.next();
      this.firstItem[i] = items;
      items += 1 + e + l;
      this.firstEvent[i + 1] = this.firstEvent[i]! + e;
      this.firstLink[i + 1] = this.firstLink[i]! + l;
    }
    this.firstItem[n] = items;
    this.last = last;
    this.moments = moments(column("moments"), n);
    this.place = new Int32Array(2 * n);
    for (let k = 0; k < this.moments.length; k++) this.place[this.moments[k]!] = k;

    this.eventName = new Uint16Array(this.firstEvent[n]!);
    this.eventAt = new Float64Array(this.firstEvent[n]!);
    const eventName = column("event_name"), eventAt = column("event_at");
    this.linked = new Int32Array(this.firstLink[n]!);
    const linked = column("linked");
    for (let i = 0; i < n; i++) {
      for (let k = this.firstEvent[i]!; k < this.firstEvent[i + 1]!; k++) {
        this.eventName[k] = eventName.next();
        this.eventAt[k] = this.start[i]! + eventAt.signed() * head.unit_ns;
      }
      for (let k = this.firstLink[i]!; k < this.firstLink[i + 1]!; k++) {
        const back = linked.signed();
        this.linked[k] = back === 0 ? none : i - back;
      }
    }

    this.layout = new Uint16Array(items);
    this.itemValue = new Uint32Array(items + 1);
    this.values = this.readValues(packed, items, texts);
    this.textsOfSpans = texts.known;
    this.arrows = new Arrows(head.arrows, column("arrow_from"), column("arrow_to"), column("arrow_fate"));
    this.lines = new Lines(head, this.start, column("line_of"), column("line_at"), column("line_bad"));
  }

  /** Reads the values of all items, each column as its key's turn comes, and the texts of the spans' states. */
  private readValues(packed: Packed<Head>, items: number, texts: Texts): Float64Array {
    const { head } = this;
    const columns = (packed.columns.get("values") ?? []).map((bytes) => new TextColumn(bytes, texts));
    const layout = new Column(packed.columns.get("layout")?.[0] ?? new Uint8Array());
    const status = new TextColumn(packed.columns.get("status_text")?.[0] ?? new Uint8Array(), texts);
    const last = new Map<number, number>();
    let values = new Float64Array(Math.max(64, items * 6));
    let used = 0;
    let span = -1;
    for (let item = 0; item < items; item++) {
      if (item === this.firstItem[span + 1]) this.status[++span] = status.text();
      const keys = head.layouts[(this.layout[item] = layout.next())]!;
      if (used + keys.length > values.length) {
        const more = new Float64Array(values.length * 2);
        more.set(values);
        values = more;
      }
      this.itemValue[item] = used;
      for (const key of keys) values[used++] = this.readValue(columns[key]!, key, this.process[span]!, last);
    }
    this.itemValue[items] = used;
    return values;
  }

  private readValue(column: TextColumn, key: number, process: number, last: Map<number, number>): number {
    switch (this.head.keys[key]!.type) {
      case "number": {
        const of = key * 65536 + process;
        const n = (last.get(of) ?? 0) + column.signed();
        last.set(of, n);
        return n;
      }
      case "bool":
        return column.next();
      case "text":
        return column.text();
      case "list": {
        const length = column.next();
        const list: string[] = [];
        for (let i = 0; i < length; i++) list.push(this.head.texts[column.text()]!);
        return this.lists.push(list) - 1;
      }
    }
  }

  /** The span's id: 16 hex digits. */
  id(span: number): string {
    let text = "";
    for (let i = 8 * span; i < 8 * span + 8; i++) text += (this.ids[i] ?? 0).toString(16).padStart(2, "0");
    return text;
  }

  /** The span with an id; none if there is none. */
  find(id: string): number {
    if (!/^[0-9a-f]{16}$/.test(id)) return none;
    const wanted = [0, 2, 4, 6, 8, 10, 12, 14].map((k) => parseInt(id.slice(k, k + 2), 16));
    for (let i = 0; i < this.spans; i++) {
      let k = 0;
      while (k < 8 && this.ids[8 * i + k] === wanted[k]) k++;
      if (k === 8) return i;
    }
    return none;
  }

  name(span: number): string {
    return this.head.shapes[this.shape[span]!]!.name;
  }

  kind(span: number): string {
    return this.head.shapes[this.shape[span]!]!.kind;
  }

  processName(span: number): string {
    return this.head.processes[this.process[span]!]!.name;
  }

  markOf(span: number): Mark {
    return this.head.marks[this.mark[span]!] ?? "";
  }

  /** What an error says; empty for none. */
  statusText(span: number): string {
    return this.head.texts[this.status[span]!] ?? "";
  }

  attributes(span: number): Attribute[] {
    return this.item(this.firstItem[span]!);
  }

  /** The value of an attribute of a span; undefined if it has none. */
  attribute(span: number, key: string): Value | undefined {
    const item = this.firstItem[span]!;
    const keys = this.head.layouts[this.layout[item]!]!;
    for (let k = 0; k < keys.length; k++) {
      if (this.head.keys[keys[k]!]!.name === key) return this.value(keys[k]!, this.itemValue[item]! + k);
    }
    return undefined;
  }

  /** Says whether a test holds for an attribute of a span: it is given the key's number, and for a text its number. */
  someValue(span: number, test: (key: number, value: number) => boolean): boolean {
    const item = this.firstItem[span]!, at = this.itemValue[item]!;
    const keys = this.head.layouts[this.layout[item]!]!;
    for (let k = 0; k < keys.length; k++) if (test(keys[k]!, this.values[at + k]!)) return true;
    return false;
  }

  /** The first text that a span has of some attributes; empty if it has none. */
  firstText(span: number, keys: string[]): string {
    for (const key of keys) {
      const value = this.attribute(span, key);
      if (typeof value === "string" && value !== "") return value;
    }
    return "";
  }

  hasEvents(span: number): boolean {
    return this.firstEvent[span + 1]! > this.firstEvent[span]!;
  }

  events(span: number): SpanEvent[] {
    const all: SpanEvent[] = [];
    const first = this.firstEvent[span]!;
    for (let k = first; k < this.firstEvent[span + 1]!; k++) {
      all.push({
        name: this.head.events[this.eventName[k]!]!,
        at: this.eventAt[k]!,
        attributes: this.item(this.firstItem[span]! + 1 + k - first),
      });
    }
    return all;
  }

  links(span: number): Link[] {
    const all: Link[] = [];
    const first = this.firstLink[span]!;
    const events = this.firstEvent[span + 1]! - this.firstEvent[span]!;
    for (let k = first; k < this.firstLink[span + 1]!; k++) {
      const to = this.linked[k]!;
      const missing = () => this.head.elsewhere.find((e) => e.span === span && e.link === k - first)?.id ?? "";
      all.push({
        to,
        id: to === none ? missing() : this.id(to),
        attributes: this.item(this.firstItem[span]! + 1 + events + k - first),
      });
    }
    return all;
  }

  /** The spans that a span links to. */
  linkedTo(span: number): readonly number[] {
    const first = this.firstLink[span]!, end = this.firstLink[span + 1]!;
    return first === end ? noSpans : [...this.linked.subarray(first, end)].filter((to) => to !== none);
  }

  /** The id of the trace that a span is in: 32 hex digits. */
  traceId(span: number): string {
    let root = span;
    for (let depth = 0; this.parent[root] !== none && depth < 1000; depth++) root = this.parent[root]!;
    const missing = this.head.elsewhere.find((e) => e.span === root && e.link === -1);
    return this.head.run + (missing ? missing.id : this.id(root));
  }

  /** When a moment is. */
  timeOf(moment: number): number {
    const m = this.moments[moment]!;
    return m % 2 === 0 ? this.start[m >> 1]! : this.end[m >> 1]!;
  }

  private item(item: number): Attribute[] {
    const keys = this.head.layouts[this.layout[item]!]!;
    return keys.map((key, k) => ({
      key: this.head.keys[key]!.name,
      value: this.value(key, this.itemValue[item]! + k),
    }));
  }

  private value(key: number, at: number): Value {
    const n = this.values[at]!;
    switch (this.head.keys[key]!.type) {
      case "number":
        return n;
      case "bool":
        return n !== 0;
      case "text":
        return this.head.texts[n]!;
      case "list":
        return this.lists[n]!;
    }
  }
}

function processes(head: Head, bytes: Uint8Array): number[] {
  const column = new Column(bytes);
  return head.shapes.map(() => column.next());
}

function moments(column: Column, spans: number): Int32Array {
  const all = new Int32Array(2 * spans);
  let begun = 0;
  for (let k = 0; k < all.length; k++) {
    const back = column.next();
    all[k] = back === 0 ? 2 * begun++ : 2 * (begun - back) + 1;
  }
  return all;
}

/** The messages: each from a beginning or an end to another one. */
export class Arrows {
  /** 2·span, or 2·span+1 for its end. */
  readonly from: Int32Array;
  /** The same; none for one that nobody took in. */
  readonly to: Int32Array;
  readonly fate: Uint8Array;

  constructor(readonly count: number, from: Column, to: Column, fate: Column) {
    this.from = new Int32Array(count);
    this.to = new Int32Array(count);
    this.fate = new Uint8Array(count);
    let base = 0;
    for (let k = 0; k < count; k++) {
      const f = from.signed();
      base += Math.floor(f / 2);
      this.from[k] = 2 * base + (f & 1);
      this.fate[k] = fate.next();
      const t = to.signed();
      this.to[k] = (this.fate[k]! & (lost | untold)) !== 0 ? none : 2 * (base + Math.floor(t / 2)) + (t & 1);
    }
  }
}

/** The lines of the story, in its order. */
export class Lines {
  readonly count: number;
  readonly span: Int32Array;
  readonly at: Float64Array;
  readonly bad: Uint8Array;

  constructor(head: Head, start: Float64Array, of: Column, at: Column, bad: Column) {
    this.count = head.lines.length;
    this.span = new Int32Array(this.count);
    this.at = new Float64Array(this.count);
    this.bad = new Uint8Array(this.count);
    let last = 0;
    for (let k = 0; k < this.count; k++) {
      last += of.signed();
      this.span[k] = last;
      this.at[k] = start[last]! + at.signed() * head.unit_ns;
      this.bad[k] = bad.next();
    }
  }
}
