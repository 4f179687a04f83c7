// A plain reader of a trace, of the tests' own: what they expect of a page they take from the trace itself.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { workplace } from "./commands.ts";

export interface Span {
  id: string;
  trace: string;
  parent: string;
  links: string[];
  name: string;
  process: string;
  /** Nanoseconds from the beginning of the run. */
  start: number;
  end: number;
  attributes: Map<string, string>;
  events: { name: string; attributes: Map<string, string> }[];
}

interface Value { stringValue?: string; intValue?: string; boolValue?: boolean; arrayValue?: { values?: Value[] } }
interface Keyed { key: string; value: Value }
interface Resource { resource: { attributes: Keyed[] }; scopeSpans: { spans: Written[] }[] }
interface Written {
  traceId: string; spanId: string; parentSpanId?: string; name: string; startTimeUnixNano: string;
  endTimeUnixNano: string; attributes?: Keyed[]; links?: { spanId: string }[];
  events?: { name: string; attributes?: Keyed[] }[];
}

/** The spans of a run, in the order in which they begin. */
export function spansOf(run: string): Span[] {
  const text = readFileSync(join(workplace, "traces/runs", run, "trace.otlp.jsonl"), "utf8");
  const all: Span[] = [];
  const lines = text.trim().split("\n").map((l) => JSON.parse(l) as { resourceSpans: Resource[] });
  const resources = lines.flatMap((l) => l.resourceSpans);
  const written = resources.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans));
  const epoch = written.map((s) => BigInt(s.startTimeUnixNano)).reduce((a, b) => (a < b ? a : b));
  for (const r of resources) {
    const process = map(r.resource.attributes).get("service.instance.id") ?? "";
    for (const s of r.scopeSpans.flatMap((scope) => scope.spans)) {
      all.push({
        id: s.spanId, trace: s.traceId, parent: s.parentSpanId ?? "", links: (s.links ?? []).map((l) => l.spanId),
        name: s.name, process, start: Number(BigInt(s.startTimeUnixNano) - epoch),
        end: Number(BigInt(s.endTimeUnixNano) - epoch), attributes: map(s.attributes ?? []),
        events: (s.events ?? []).map((e) => ({ name: e.name, attributes: map(e.attributes ?? []) })),
      });
    }
  }
  return all.sort((a, b) => a.start - b.start);
}

const map = (all: Keyed[]) => new Map(all.map((a) => [a.key, textOf(a.value)]));

function textOf(v: Value): string {
  if (v.arrayValue) return (v.arrayValue.values ?? []).map(textOf).join("\n");
  return v.stringValue ?? v.intValue ?? String(v.boolValue);
}

/** The span of a vote of default-1, which is lost in lost-vote. */
export function lostVote(): string {
  const grants = (s: Span) => s.attributes.get("raft.reply") === "VoteGranted" && s.process !== "node-1";
  return spansOf("default-1").find(grants)!.id;
}

/** The spans that led to one, or came of it, by parents and links, with itself. */
export function reach(spans: Span[], from: string, direction: "causes" | "effects"): Set<string> {
  const ids = new Set(spans.map((s) => s.id));
  const next = new Map<string, string[]>(spans.map((s) => [s.id, []]));
  for (const s of spans) {
    for (const cause of [s.parent, ...s.links]) {
      if (!ids.has(cause)) continue;
      if (direction === "causes") next.get(s.id)!.push(cause);
      else next.get(cause)!.push(s.id);
    }
  }
  const all = new Set([from]);
  for (const id of all) for (const n of next.get(id)!) all.add(n);
  return all;
}

/** A time as the page writes it. */
export const milliseconds = (ns: number): string => `${(ns / 1e6).toFixed(3)}ms`;
