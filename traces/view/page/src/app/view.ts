// What the toolbar changes of what the diagram shows, and its keys.

import type { Slice } from "../model/graph.ts";
import { copy } from "./copy.tsx";
import { none } from "../model/run.ts";
import { addKeys } from "./keys.ts";
import { address } from "./link.ts";
import { say } from "./say.tsx";
import {
  axis, chosen, cursor, kept, placeOf, runs, shown, slice, spanAtCursor, tab, whole, type Axis, type Chosen,
  type Window,
} from "./state.ts";
import { momentsUntil } from "./transport.ts";
import { counted } from "./words.ts";

/** Shows the same part of the run along another axis. */
export function setAxis(to: Axis): void {
  const run = runs.value[0];
  if (axis.value === to) return;
  const all = isWhole();
  const { from, to: until } = shown.value;
  axis.value = to;
  if (all || !run || run.moments.length === 0) {
    shown.value = whole();
    return;
  }
  const other = to === "time" ? (at: number) => timeAt(at) : (at: number) => momentsUntil(run, at);
  const begin = other(from), end = other(until);
  shown.value = end > begin ? { from: begin, to: end } : around(begin, to === "time" ? 1000 : 4);
}

/** The time of a place in the order of moments; beyond the last it is the end of the run. */
function timeAt(place: number): number {
  const run = runs.value[0]!;
  const k = Math.max(0, Math.floor(place));
  return k < run.moments.length ? run.timeOf(k) : run.last;
}

const around = (at: number, width: number): Window => ({ from: Math.max(0, at - width / 2), to: at + width / 2 });

const isWhole = () => {
  const w = whole();
  return shown.value.from <= w.from && shown.value.to >= w.to;
};

/** The least that is shown of an axis: a microsecond, or two moments. */
const least = () => (axis.value === "time" ? 1000 : 2);

/** Shows a part of the axis that is so many times as wide, around the cursor, or the middle if that is not in view. */
export function zoom(by: number): void {
  const { from, to } = shown.value;
  const all = whole();
  const run = runs.value[0];
  const at = run && cursor.value > 0 ? placeOf(run, cursor.value - 1) : from;
  const middle = at >= from && at <= to ? at : (from + to) / 2;
  const width = Math.min(all.to - all.from, Math.max(least(), (to - from) * by));
  const part = to > from ? (middle - from) / (to - from) : 0.5;
  const begin = Math.max(all.from, Math.min(all.to - width, middle - part * width));
  shown.value = { from: begin, to: begin + width };
}

/** Shows the whole axis. */
export function zoomOut(): void {
  shown.value = whole();
}

/** What the diagram can keep of a run, with the rest dimmed. The diagram adds the keys of the last three. */
export const slices: readonly { slice: Slice; label: string; title: string; key: string }[] = [
  { slice: "causes", label: "Causes", title: "what led to the chosen event, the rest dimmed", key: "[" },
  { slice: "effects", label: "Effects", title: "what came of the chosen event, the rest dimmed", key: "]" },
  { slice: "both", label: "Both", title: "what led to the chosen event, and what came of it", key: "\\" },
  { slice: "message", label: "Message", title: "follow the message, the spans at both of its ends", key: "m" },
  { slice: "operation", label: "Operation", title: "follow the operation, all that belongs to its trace", key: "o" },
  { slice: "entry", label: "Entry", title: "follow the entry of the log", key: "l" },
];

/** Shows what led to the chosen span, or came of it, with the rest dimmed; once more, and all is shown again. */
export function setSlice(to: Slice): void {
  const run = chosen.value && runs.value[chosen.value.run];
  if (!chosen.value || !run) return;
  slice.value = slice.value === to ? "none" : to;
  const keeps = kept.value[chosen.value.run];
  const all = run.spans.toLocaleString("en");
  say(keeps ? `${counted(keeps.size, "span")} of ${all}, the rest dimmed` : "All shown again");
}

/** Shows all that the trace says of a span. */
export function showDetails(of: Chosen): void {
  chosen.value = of;
  tab.value = "details";
}

/** The same of what is chosen, or else of what happened last. */
function showDetailsHere(): void {
  const span = spanAtCursor();
  if (chosen.value) showDetails(chosen.value);
  else if (span !== none) showDetails({ run: 0, span });
}

/** Copies a link to what is shown now. */
export function copyLink(): void {
  const to = address();
  void copy(to).then((done) => say(done ? "Copied the link" : `Cannot copy the link: ${to}`));
}

/** Adds the keys of the toolbar. */
export function startView(): void {
  const group = "Diagram";
  addKeys([
    { key: "a", does: "time along the axis, or the order of moments", group,
      run: () => setAxis(axis.value === "time" ? "sequence" : "time") },
    { key: "+", does: "zoom in", group, run: () => zoom(0.5) },
    { key: "=", does: "", group, run: () => zoom(0.5) },
    { key: "-", does: "zoom out", group, run: () => zoom(2) },
    { key: "0", does: "show the whole run", group, run: zoomOut },
    { key: "[", does: "what led to the chosen event, the rest dimmed", group, run: () => setSlice("causes") },
    { key: "]", does: "what came of it, the rest dimmed", group, run: () => setSlice("effects") },
    { key: "\\", does: "both", group, run: () => setSlice("both") },
    { key: "y", does: "copy a link to what is shown now", group: "Page", run: copyLink },
    { key: "Enter", does: "show the details of what is chosen, or happened last", group, run: showDetailsHere },
    { key: "Escape", does: "show all again: no slice, then nothing chosen", group, run: letGo },
  ]);
}

function letGo(): void {
  if (slice.value !== "none") slice.value = "none";
  else chosen.value = null;
}
