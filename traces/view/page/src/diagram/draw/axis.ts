// The axis: its marks, and the lines through the lanes.

import { ticks } from "d3-array";
import type { Pen } from "./pen.ts";
import { xOf, type Scene } from "./scene.ts";

interface Tick {
  at: number;
  text: string;
}

/** The marks of the axis. */
export function ticksOf(scene: Scene): Tick[] {
  const { window, layout, axis } = scene;
  const wide = layout.width - layout.left;
  const list = ticks(Math.max(0, window.from), window.to, Math.max(2, Math.min(12, Math.floor(wide / 110))));
  if (axis === "sequence") {
    return list.filter((t) => Number.isInteger(t)).map((at) => ({ at, text: at.toLocaleString("en") }));
  }
  const step = (list[1] ?? window.to) - (list[0] ?? window.from);
  return list.map((at) => ({ at, text: timeText(at, step) }));
}

/** A time such that steps of a width can be told apart. */
export function timeText(ns: number, step: number): string {
  const [unit, size] = ns >= 1e9 && step >= 1e7 ? ["s", 1e9] : step >= 1e3 || ns >= 1e6 ? ["ms", 1e6] : ["µs", 1e3];
  const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step / size) + 1e-9)));
  return `${(ns / size).toFixed(digits)} ${unit}`;
}

/** Draws a line at each mark, and its words above. */
export function drawGrid(pen: Pen, scene: Scene, marks: Tick[]): void {
  const { layout, palette } = scene;
  for (const { at } of marks) {
    const x = Math.round(xOf(scene, at)) + 0.5;
    pen.move(x, layout.top - 6);
    pen.line(x, layout.bottom);
  }
  pen.stroke({ colour: palette.line, width: 1, alpha: 0.6 });
  for (const { at, text } of marks) {
    const x = xOf(scene, at) + 4;
    if (x + pen.measure(text, 11) > layout.width) continue;
    pen.text(x, layout.top - 8, text, { colour: palette.dim, size: 11 });
  }
}
