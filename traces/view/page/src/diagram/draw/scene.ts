// What one picture of the diagram is made of.

import type { Axis, Chosen, Window } from "../../app/state.ts";
import type { Run } from "../../model/run.ts";
import type { Layout } from "./layout.ts";
import type { Palette } from "./palette.ts";
import { placesOf, type PlaceOf, type Prepared } from "./prepare.ts";
import type { Lives } from "./roles.ts";

export interface SceneRun {
  run: Run;
  place: PlaceOf;
  /** All of it. */
  all: Prepared;
  /** What a slice keeps, with the rest dimmed; null if nothing is dimmed. */
  kept: Prepared | null;
  /** Of two runs that are compared, what differs, and how each span does; null for a run that stands alone. */
  differs: Prepared | null;
  how: Uint8Array | null;
  lives: Lives;
}

export interface Scene {
  layout: Layout;
  palette: Palette;
  axis: Axis;
  /** What is in view: what is shown of the axis, and the margins beside it. */
  window: Window;
  /** Pixels for each unit of the axis. */
  scale: number;
  runs: SceneRun[];
  /** The place at which two runs part: until then the second is as the first; null if it is not known. */
  parting: number | null;
  chosen: Chosen | null;
  hovered: Hit | null;
  /** The cursor's place; null if it is not to be drawn. */
  cursor: number | null;
  counts: Counts;
}

/** What the pointer is at. */
export interface Hit {
  run: number;
  span: number;
  /** The message; none for a span. */
  arrow: number;
}

/** How much of what is in view was drawn. */
export interface Counts {
  arrows: number;
  arrowsDrawn: number;
  spans: number;
  /** How many are told apart: those that fall on one pixel count once. */
  spansDrawn: number;
}

export const xOf = (scene: Scene, place: number): number =>
  scene.layout.left + (place - scene.window.from) * scene.scale;

export const placeAt = (scene: Scene, x: number): number =>
  scene.window.from + (x - scene.layout.left) / scene.scale;

/** The place along the axis of a place in the order of moments, which may be behind the last one. */
export function placeOfMoment(run: Run, axis: Axis, moment: number): number {
  if (axis === "sequence") return moment;
  return moment < run.moments.length ? run.timeOf(moment) : run.last;
}

export { placesOf };
