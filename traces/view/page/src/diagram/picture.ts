// Makes the scene of what the page shows now.

import { signal } from "@preact/signals";
import { axis, chosen, cursor, embedded, kept, placeOf, runs, shown } from "../app/state.ts";
import { comparison, same } from "../model/comparison.ts";
import { none, type Run } from "../model/run.ts";
import { axisOf, layOut, margins, type Layout } from "./draw/layout.ts";
import { readPalette, type Palette } from "./draw/palette.ts";
import { placesOf, prepare, prepared, type Prepared } from "./draw/prepare.ts";
import { livesOf } from "./draw/roles.ts";
import type { Hit, Scene, SceneRun } from "./draw/scene.ts";

/** The width of the diagram on the page, in pixels. */
export const width = signal(0);
/** What the pointer is at. */
export const hovered = signal<Hit | null>(null);

let palette: Palette | null = null;

/** Has the colours be read anew. */
export function forgetPalette(): void {
  palette = null;
}

/** The height that the diagram has on the page without scrolling. */
export const room = signal(0);

let layout: { runs: readonly Run[]; width: number; room: number; made: Layout } | null = null;

/** Where the lanes are in a picture of a width. */
export function layoutOf(width: number): Layout {
  if (layout?.runs !== runs.value || layout.width !== width || layout.room !== room.value) {
    layout = { runs: runs.value, width, room: room.value, made: layOut(runs.value, width, room.value) };
  }
  return layout.made;
}

const subsets = new WeakMap<object, Map<string, Prepared>>();

/** What drawing a part of a run needs, which is made once for what the part is of. */
function subset(of: object, run: Run, either: boolean, spans: () => Uint8Array): Prepared {
  let byAxis = subsets.get(of);
  if (!byAxis) subsets.set(of, (byAxis = new Map()));
  let made = byAxis.get(axis.value);
  if (!made) byAxis.set(axis.value, (made = prepare(run, axis.value, { spans: spans(), either })));
  return made;
}

function sceneRun(run: Run, i: number): SceneRun {
  const keep = kept.value[i] ?? null;
  const how = comparison.value?.head.kind === "diff" ? comparison.value.how[i] ?? null : null;
  const flags = (set: Set<number>) => {
    const spans = new Uint8Array(run.spans);
    for (const s of set) spans[s] = 1;
    return spans;
  };
  return {
    run, place: placesOf(run, axis.value), all: prepared(run, axis.value), lives: livesOf(run),
    kept: keep ? subset(keep, run, false, () => flags(keep)) : null,
    differs: how ? subset(how, run, true, () => how.map((h) => (h === same ? 0 : 1))) : null,
    how,
  };
}

/** Where along the axis two runs that are compared begin to differ; null if they do not, or that is not known. */
function partingOf(): number | null {
  const c = comparison.value;
  const first = c?.pairs[0];
  if (!c || c.head.kind !== "diff" || !first) return null;
  if (axis.value === "time") return first.at;
  const places = first.spans.flatMap((s, r) => (s === none ? [] : [runs.value[r]!.place[2 * s]!]));
  return Math.min(...places);
}

/** The scene of what is shown; on paper it has the light page's colours, and no cursor. */
export function sceneOf(width: number, paper = false): Scene {
  const made = layoutOf(width);
  const { from, to } = shown.value;
  const scale = axisOf(made).width / Math.max(1e-9, to - from);
  const first = runs.value[0];
  const c = cursor.value;
  return {
    layout: made,
    palette: paper ? readPalette(true) : (palette ??= readPalette()),
    axis: axis.value,
    window: { from: from - margins.left / scale, to: to + margins.right / scale },
    scale,
    runs: runs.value.map(sceneRun),
    parting: runs.value.length > 1 ? partingOf() : null,
    chosen: chosen.value,
    hovered: paper ? null : hovered.value,
    cursor: first && c > 0 ? placeOf(first, Math.min(c, first.moments.length) - 1) : embedded.value || paper ? null : 0,
    counts: { arrows: 0, arrowsDrawn: 0, spans: 0, spansDrawn: 0 },
  };
}
