// Draws the whole picture.

import { ticks } from "d3-array";
import { none } from "../model/run.ts";
import { Class, classesOf } from "./classes.ts";
import { drawArrows, endsOf } from "./drawarrows.ts";
import { drawLanes, drawNames } from "./drawlanes.ts";
import { drawFlags, drawSpans } from "./drawspans.ts";
import { addHead } from "./looks.ts";
import type { Pen } from "./pen.ts";
import { xOf, type Hit, type Scene } from "./scene.ts";

const dimmed = 0.16;

/** Draws a scene, and counts what was drawn of it. */
export function draw(pen: Pen, scene: Scene): void {
  const { layout, palette } = scene;
  Object.assign(scene.counts, { arrows: 0, arrowsDrawn: 0, spans: 0, spansDrawn: 0 });
  pen.box(0, 0, layout.width, layout.height);
  pen.fill(palette.background);
  drawLanes(pen, scene);
  const marks = ticksOf(scene);
  pen.clip(layout.left, 0, layout.width - layout.left, layout.bottom);
  drawGrid(pen, scene, marks);
  scene.runs.forEach((r, i) => {
    const alpha = r.kept ? dimmed : 1;
    drawArrows(pen, scene, i, r.all, alpha, true);
    if (r.kept) drawArrows(pen, scene, i, r.kept, 1.6, false);
    drawSpans(pen, scene, i, r.all, alpha);
    if (r.kept) drawSpans(pen, scene, i, r.kept, 1);
    drawFlags(pen, scene, i, r.all, r.kept ? 0.45 : 1);
  });
  if (scene.hovered) emphasise(pen, scene, scene.hovered, false);
  if (scene.chosen) emphasise(pen, scene, { ...scene.chosen, arrow: none }, true);
  drawCursor(pen, scene);
  pen.unclip();
  drawNames(pen, scene);
  drawNote(pen, scene);
}

/** Draws a span or a message once more, so that it stands out. */
function emphasise(pen: Pen, scene: Scene, hit: Hit, strong: boolean): void {
  const of = scene.runs[hit.run];
  if (!of) return;
  const { palette } = scene;
  if (hit.arrow !== none) {
    const { run } = of;
    const t = of.all.arrows.find((t) => t.fate === run.arrows.fate[hit.arrow] && holds(t.track.items, hit.arrow));
    if (!t) return;
    const [a, b] = endsOf(scene, hit.run, hit.arrow, t, of.all);
    pen.move(a.x, a.y);
    pen.line(b.x, b.y);
    pen.stroke({ colour: palette.accent, width: 2.5 });
    if (run.arrows.to[hit.arrow] !== none) addHead(pen, a, b, 8);
    pen.fill(palette.accent);
    return;
  }
  const box = boxOf(scene, hit.run, hit.span);
  if (!box) return;
  pen.box(box.x, box.y, box.width, box.height);
  if (strong) {
    pen.fill(palette.accent, 0.25);
    pen.box(box.x, box.y, box.width, box.height);
  }
  pen.stroke({ colour: palette.accent, width: strong ? 2.5 : 1.5 });
}

/** Whether an ascending list has an item. */
export function holds(items: Int32Array, item: number): boolean {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]! < item) low = middle + 1;
    else high = middle;
  }
  return items[low] === item;
}

/** The box around a span in the picture; undefined for one that is not drawn. */
export function boxOf(scene: Scene, r: number, span: number) {
  const of = scene.runs[r]!;
  const { of: classes, row } = classesOf(of.run);
  const c: Class = classes[span]!;
  const lane = scene.layout.of[r]?.[of.run.process[span]!];
  if (c === Class.Run || !lane) return undefined;
  const x = xOf(scene, of.place(2 * span)), x2 = xOf(scene, of.place(2 * span + 1));
  let y = lane.middle, half = 7;
  if (c === Class.Wait) [y, half] = [lane.middle + 9 + 4 * row[span]!, 3];
  else if (c === Class.Applied) [y, half] = [lane.middle - 9, 5];
  else if (c === Class.Election || c === Class.Leads) half = 10;
  else if (c === Class.Fault || c === Class.Violation) [y, half] = [lane.top + (c === Class.Fault ? 10 : 20), 7];
  const mark = c >= Class.Chosen;
  const wide = mark ? 2 * half : Math.max(x2 - x, 2) + 4;
  return { x: mark ? x - half : x - 2, y: y - half + 0.5, width: wide, height: 2 * half };
}

interface Tick {
  at: number;
  text: string;
}

/** The marks of the axis. */
export function ticksOf(scene: Scene): Tick[] {
  const { window, layout, axis } = scene;
  const wide = layout.width - layout.left;
  const list = ticks(window.from, window.to, Math.max(2, Math.min(12, Math.floor(wide / 110))));
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

function drawGrid(pen: Pen, scene: Scene, marks: Tick[]): void {
  const { layout, palette } = scene;
  for (const { at } of marks) {
    const x = Math.round(xOf(scene, at)) + 0.5;
    pen.move(x, layout.top - 6);
    pen.line(x, layout.bottom);
  }
  pen.stroke({ colour: palette.line, width: 1, alpha: 0.6 });
  for (const { at, text } of marks) {
    pen.text(xOf(scene, at) + 4, layout.top - 8, text, { colour: palette.dim, size: 11 });
  }
}

function drawCursor(pen: Pen, scene: Scene): void {
  if (scene.cursor === null) return;
  const { layout, palette } = scene;
  const x = Math.round(xOf(scene, scene.cursor)) + 0.5;
  pen.move(x, layout.top - 4);
  pen.line(x, layout.bottom);
  pen.stroke({ colour: palette.accent, width: 1.5 });
  pen.move(x - 5, layout.top - 9);
  pen.line(x + 5, layout.top - 9);
  pen.line(x, layout.top - 2);
  pen.close();
  pen.fill(palette.accent);
}

/** Says what is not drawn; empty if everything is. */
export function noteOf(scene: Scene): string {
  const { arrows, arrowsDrawn, spans, spansDrawn } = scene.counts;
  const n = (x: number) => Math.round(x).toLocaleString("en");
  const all: string[] = [];
  if (arrowsDrawn < arrows) all.push(`${n(arrowsDrawn)} of ${n(arrows)} messages drawn`);
  if (spans > spansDrawn * 1.5 && spans - spansDrawn > 200) all.push(`${n(spans)} spans, many on one pixel`);
  return all.length > 0 ? `${all.join("; ")}: zoom in to see all` : "";
}

function drawNote(pen: Pen, scene: Scene): void {
  const { layout, palette } = scene;
  const note = noteOf(scene);
  pen.text(layout.width - 8, layout.height - 5, note, {
    colour: palette.dim, size: 11, align: "right", most: layout.width - 16,
  });
}
