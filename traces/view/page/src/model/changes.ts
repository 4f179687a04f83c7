// What two spans say otherwise, which are the same event in two runs.

import type { ValueChange } from "./difference.ts";
import { none, type Run, type Value } from "./run.ts";

const text = (value: Value | undefined): string =>
  value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value);

/** The attributes of two spans that differ, in the order in which the first has them, with both values. */
export function attributeChanges(a: Run, spanA: number, b: Run, spanB: number, ignored: string[]): ValueChange[] {
  const changes: ValueChange[] = [];
  const ofA = a.attributes(spanA), ofB = b.attributes(spanB);
  const inB = new Map(ofB.map((x) => [x.key, text(x.value)]));
  const inA = new Map(ofA.map((x) => [x.key, text(x.value)]));
  for (const key of new Set([...inA.keys(), ...inB.keys()])) {
    const before = inA.get(key) ?? "", after = inB.get(key) ?? "";
    if (before !== after && !ignored.includes(key)) changes.push({ name: key, a: before, b: after });
  }
  return changes;
}

/** All that two spans say otherwise: name, attributes, events, the span above if ids tell anything, the state. */
export function changesOf(
  a: Run, spanA: number, b: Run, spanB: number, ignored: string[], ids: boolean,
): ValueChange[] {
  const changes: ValueChange[] = [];
  const add = (name: string, before: string, after: string) => {
    if (before !== after) changes.push({ name, a: before, b: after });
  };
  add("name", a.name(spanA), b.name(spanB));
  changes.push(...attributeChanges(a, spanA, b, spanB, ignored));
  const events = (run: Run, span: number) =>
    run.events(span).map((e) => [e.name, ...e.attributes.filter((x) => !ignored.includes(x.key))
      .map((x) => `${x.key}=${text(x.value)}`)].join(" "));
  const ofA = events(a, spanA), ofB = events(b, spanB);
  for (const e of without(ofA, ofB)) changes.push({ name: "event", a: e, b: "" });
  for (const e of without(ofB, ofA)) changes.push({ name: "event", a: "", b: e });
  const above = (run: Run, span: number) => (run.parent[span] === none ? "" : run.id(run.parent[span]!));
  if (ids) add("parent", above(a, spanA), above(b, spanB));
  add("state", a.statusText(spanA), b.statusText(spanB));
  return changes;
}

/** The texts that another list has fewer of. */
function without(list: string[], other: string[]): string[] {
  const left = [...other];
  return list.filter((e) => {
    const at = left.indexOf(e);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
