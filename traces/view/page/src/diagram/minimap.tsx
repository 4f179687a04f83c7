// The whole run in a strip: how many messages there are, elections, faults, the part that is shown, and the cursor.

import { useEffect, useRef, useState } from "preact/hooks";
import { axis, cursor, placeOf, runs, shown, theme, whole } from "../app/state.ts";
import type { Run } from "../model/run.ts";
import { addDiamond, addFlag, addStar } from "./draw/looks.ts";
import { CanvasPen } from "./draw/pen.ts";
import { readPalette, type Palette } from "./draw/palette.ts";
import { layoutOf, width as outer } from "./picture.ts";
import { axisOf, margins } from "./draw/layout.ts";
import { placesOf } from "./draw/prepare.ts";
import { show } from "./window.ts";

const height = 46;

/** How many messages were sent in each pixel of a width, of all runs. */
export function densityOf(all: readonly Run[], of: "time" | "sequence", to: number, width: number): Float64Array {
  const n = new Float64Array(width);
  for (const run of all) {
    const place = placesOf(run, of);
    for (let k = 0; k < run.arrows.count; k++) {
      n[Math.min(width - 1, Math.max(0, Math.floor((place(run.arrows.from[k]!) / to) * width)))]!++;
    }
  }
  return n;
}

function paint(canvas: HTMLCanvasElement, width: number): void {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const g = canvas.getContext("2d")!;
  g.scale(ratio, ratio);
  const pen = new CanvasPen(g);
  const palette = readPalette();
  const { to } = whole();
  pen.box(0, 0, width, height);
  pen.fill(palette.raised);
  const columns = Math.max(1, Math.floor(width / 2));
  const density = densityOf(runs.value, axis.value, to, columns);
  const most = density.reduce((a, b) => Math.max(a, b), 1);
  for (let x = 0; x < columns; x++) {
    const h = density[x]! > 0 ? 2 + Math.sqrt(density[x]! / most) * (height - 22) : 0;
    pen.box((x * width) / columns, height - h, width / columns, h);
  }
  pen.fill(palette.dim, 0.45);
  for (const run of runs.value) paintMarks(pen, palette, run, to, width);
}

function paintMarks(pen: CanvasPen, palette: Palette, run: Run, to: number, width: number): void {
  const place = placesOf(run, axis.value);
  const wanted = ["election", "leads", "fault", "violation"] as const;
  const at = new Map<string, number[]>(wanted.map((w) => [w, []]));
  for (let i = 0; i < run.spans; i++) {
    const list = at.get(run.markOf(i));
    const x = list && (place(2 * i) / to) * width;
    if (list && x !== undefined && !(x - (list[list.length - 1] ?? -9) < 3)) list.push(x);
  }
  for (const x of at.get("election")!) {
    pen.box(x - 0.75, 12, 1.5, height - 12);
  }
  pen.fill(palette.hues[1]!);
  for (const x of at.get("leads")!) addStar(pen, Math.max(6, x), 8, 6);
  pen.fill(palette.hues[2]!);
  for (const x of at.get("fault")!) {
    pen.box(x, 2, 1, height);
    addFlag(pen, x, 2);
  }
  pen.fill(palette.bad);
  for (const x of at.get("violation")!) addDiamond(pen, Math.min(width - 6, x), 16, 6);
  pen.fill(palette.bad);
}

export function Minimap() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => setWidth(box.current?.clientWidth ?? 0));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const dark = useDark();
  useEffect(() => {
    if (width > 0) paint(canvas.current!, width);
  }, [width, runs.value, axis.value, theme.value, dark]);
  const all = whole();
  const part = (place: number) => `${(100 * (place - all.from)) / (all.to - all.from)}%`;
  const first = runs.value[0];
  const at = first && cursor.value > 0 ? placeOf(first, Math.min(cursor.value, first.moments.length) - 1) : 0;
  const { from, to } = shown.value;
  const left = outer.value > 0 ? axisOf(layoutOf(outer.value)).left : 0;
  return (
    <div
      class="diagram-minimap" ref={box} aria-hidden="true" {...drag(() => width)}
      style={{ marginLeft: `${left}px`, marginRight: `${margins.right}px` }}
    >
      <canvas ref={canvas} />
      <div class="outside" style={{ left: 0, width: part(from) }} />
      <div class="outside" style={{ left: part(to), right: 0 }} />
      <div class="window" style={{ left: part(from), width: part(to - from + all.from) }} />
      <div class="cursor" style={{ left: part(at) }} />
    </div>
  );
}

/** Whether the system asks for a dark page. */
export function useDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const change = () => setDark(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  return dark;
}

/** Where in the window it is held, along the axis. */
let held: number | null = null;

/** Drags the window; a press outside of it moves it there first. */
function drag(width: () => number) {
  const placeAt = (e: PointerEvent) => {
    const box = (e.currentTarget as HTMLElement).getBoundingClientRect();
    const all = whole();
    return all.from + ((e.clientX - box.left) / Math.max(1, width())) * (all.to - all.from);
  };
  return {
    onPointerDown: (e: PointerEvent) => {
      const { from, to } = shown.value;
      const at = placeAt(e);
      held = at >= from && at <= to ? at - from : (to - from) / 2;
      (e.currentTarget as HTMLElement).setPointerCapture(e.pointerId);
      show(at - held, to - from);
    },
    onPointerMove: (e: PointerEvent) => {
      if (held !== null) show(placeAt(e) - held, shown.value.to - shown.value.from);
    },
    onPointerUp: () => (held = null),
    onPointerCancel: () => (held = null),
  };
}
