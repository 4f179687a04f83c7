// A run made up for tests: spans with names, times, attributes and lines of the story.

import type { Head } from "./head.ts";
import { none, Run } from "./run.ts";

export interface MadeSpan {
  name: string;
  process: string;
  start: number; // ns
  end: number;
  kind?: string;
  mark?: string;
  attributes?: Record<string, number | string>;
  lines?: string[];
  /** The numbers of the span that is above it, and of those that it links to. */
  parent?: number;
  links?: number[];
  /** Whether it sends a message: its reply, if it is a server's. */
  sends?: boolean;
}

/** A run of spans that are given in the order in which they begin. Ids are 1, 2, ... in hex. */
export function madeRun(spans: MadeSpan[], more: Partial<Head> = {}): Run {
  const unique = (all: string[]) => [...new Set(all)];
  const processes = unique(spans.map((s) => s.process)), marks = unique(["", ...spans.map((s) => s.mark ?? "")]);
  const keyOf = ([name, value]: [string, number | string]) =>
    `${typeof value === "number" ? "number" : "text"} ${name}`;
  const attributes = spans.map((s) => Object.entries(s.attributes ?? {}));
  const keys = unique(attributes.flat().map(keyOf));
  const texts = unique(["", ...attributes.flat().flatMap(([, v]) => (typeof v === "string" ? [v] : []))]);
  const head = {
    name: "made-up", epoch: "2000-01-01T00:00:00Z", spans: spans.length, marks, texts, run: "00000000000000aa",
    processes: processes.map((name) => ({ name, group: name, kind: "server" })),
    shapes: spans.map((s) => ({ name: s.name, kind: s.kind ?? "internal" })),
    keys: keys.map((k) => ({ type: k.split(" ")[0], name: k.split(" ")[1] })),
    layouts: attributes.map((all) => all.map((a) => keys.indexOf(keyOf(a)))),
    lines: spans.flatMap((s) => s.lines ?? []), term: { key: "x.term", word: "term" },
    position: { key: "x.index", word: "index" }, ...more,
  } as unknown as Head;
  const moments = spans.flatMap((s, i) => [{ at: s.start, m: 2 * i }, { at: s.end, m: 2 * i + 1 }]);
  moments.sort((a, b) => a.at - b.at || (a.m >> 1) - (b.m >> 1) || a.m - b.m);
  const place = new Int32Array(2 * spans.length);
  moments.forEach(({ m }, k) => (place[m] = k));
  let used = 0;
  const itemValue = attributes.map((all) => (used += all.length) - all.length);
  const ids = new Uint8Array(8 * spans.length);
  spans.forEach((_, i) => (ids[8 * i + 7] = i + 1));
  const lineSpans = spans.flatMap((s, i) => (s.lines ?? []).map(() => i));
  return Object.assign(Object.create(Run.prototype) as Run, {
    head, spans: spans.length, place, moments: Int32Array.from(moments, ({ m }) => m),
    start: Float64Array.from(spans, (s) => s.start), end: Float64Array.from(spans, (s) => s.end),
    last: Math.max(0, ...spans.map((s) => s.end)), shape: Uint32Array.from(spans, (_, i) => i),
    parent: Int32Array.from(spans, (s) => s.parent ?? none),
    firstLink: Uint32Array.from([...spans, null], (_, i) => spans.slice(0, i).flatMap((s) => s.links ?? []).length),
    linked: Int32Array.from(spans.flatMap((s) => s.links ?? [])),
    process: Uint16Array.from(spans, (s) => processes.indexOf(s.process)),
    mark: Uint8Array.from(spans, (s) => marks.indexOf(s.mark ?? "")),
    arrows: {
      from: Int32Array.from(spans.flatMap((s, i) => (s.sends ? [2 * i + (s.kind === "server" ? 1 : 0)] : []))),
    },
    lines: {
      count: lineSpans.length, span: Int32Array.from(lineSpans), bad: new Uint8Array(lineSpans.length),
      at: Float64Array.from(lineSpans, (i) => spans[i]!.start),
    },
    ids, layout: Uint16Array.from(spans, (_, i) => i), firstItem: Uint32Array.from(spans, (_, i) => i),
    itemValue: Uint32Array.from(itemValue),
    values: Float64Array.from(attributes.flat(), ([, v]) => (typeof v === "number" ? v : texts.indexOf(v))),
  });
}
