// Draws the whole picture.

import { none } from "../../model/run.ts";
import { drawGrid, ticksOf } from "./axis.ts";
import { Class, classesOf } from "./classes.ts";
import { drawDifferences, drawParting } from "./differences.ts";
import { drawArrows, endsOf } from "./arrows.ts";
import { drawLanes, drawNames, drawRibbonWords } from "./lanes.ts";
import { drawFlags, drawSpans } from "./spans.ts";
import { addHead } from "./looks.ts";
import type { Pen } from "./pen.ts";
import { xOf, type Hit, type Scene } from "./scene.ts";

const dimmed = 0.16;
/** How strongly what is the same in both runs is drawn. */
const same = 0.4;

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
  scene.runs.forEach((_, i) => drawRun(pen, scene, i));
  drawParting(pen, scene);
  drawRibbonWords(pen, scene);
  if (scene.hovered) emphasise(pen, scene, scene.hovered, false);
  if (scene.chosen) emphasise(pen, scene, { ...scene.chosen, arrow: none }, true);
  drawCursor(pen, scene);
  pen.unclip();
  drawNames(pen, scene);
  drawNote(pen, scene);
}

/** Draws what happened in a run. What a slice does not keep is dimmed, and so is what is the same in both runs. */
function drawRun(pen: Pen, scene: Scene, i: number): void {
  const r = scene.runs[i]!;
  const bright = r.kept ?? (r.differs && scene.parting !== null ? r.differs : null);
  const alpha = r.kept ? dimmed : bright ? same : 1;
  drawArrows(pen, scene, i, r.all, alpha, true);
  if (bright) drawArrows(pen, scene, i, bright, 1.6, false);
  drawSpans(pen, scene, i, r.all, alpha);
  if (bright) drawSpans(pen, scene, i, bright, 1);
  drawFlags(pen, scene, i, r.all, r.kept ? 0.7 : 1);
  if (r.differs && r.how) drawDifferences(pen, scene, i, r.differs, r.how);
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
