// Makes the scene of what the page shows now.

import { signal } from "@preact/signals";
import { axis, chosen, cursor, embedded, kept, placeOf, runs, shown } from "../app/state.ts";
import type { Run } from "../model/run.ts";
import { layOut, type Layout } from "./layout.ts";
import { readPalette, type Palette } from "./palette.ts";
import { placesOf, prepare, prepared, type Prepared } from "./prepare.ts";
import { livesOf } from "./roles.ts";
import type { Hit, Scene, SceneRun } from "./scene.ts";

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

const subsets = new WeakMap<Set<number>, Map<string, { keeps: Uint8Array; prepared: Prepared }>>();

function subset(run: Run, keep: Set<number>) {
  let byAxis = subsets.get(keep);
  if (!byAxis) subsets.set(keep, (byAxis = new Map()));
  let made = byAxis.get(axis.value);
  if (!made) {
    const keeps = new Uint8Array(run.spans);
    for (const s of keep) keeps[s] = 1;
    byAxis.set(axis.value, (made = { keeps, prepared: prepare(run, axis.value, keeps) }));
  }
  return made;
}

/** The scene of what is shown; on paper it has the light page's colours, and no cursor. */
export function sceneOf(width: number, paper = false): Scene {
  const made = layoutOf(width);
  const window = shown.value;
  const first = runs.value[0];
  const c = cursor.value;
  return {
    layout: made,
    palette: paper ? readPalette(true) : (palette ??= readPalette()),
    axis: axis.value,
    window,
    scale: (made.width - made.left) / Math.max(1e-9, window.to - window.from),
    runs: runs.value.map((run, i): SceneRun => {
      const keep = kept.value[i] ?? null;
      const part = keep ? subset(run, keep) : null;
      return {
        run, place: placesOf(run, axis.value), all: prepared(run, axis.value), lives: livesOf(run),
        kept: part?.prepared ?? null, keeps: part?.keeps ?? null,
      };
    }),
    chosen: chosen.value,
    hovered: paper ? null : hovered.value,
    cursor: first && c > 0 ? placeOf(first, Math.min(c, first.moments.length) - 1) : embedded.value || paper ? null : 0,
    counts: { arrows: 0, arrowsDrawn: 0, spans: 0, spansDrawn: 0 },
  };
}
