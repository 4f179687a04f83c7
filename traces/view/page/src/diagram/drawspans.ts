// Draws the spans: bars for steps, lines for what waits, and shapes for what is marked.

import type { Meet } from "../model/tracks.ts";
import { Class } from "./classes.ts";
import type { Lane } from "./layout.ts";
import { addDiamond, addFlag, addStar, addTriangle } from "./looks.ts";
import type { Pen } from "./pen.ts";
import type { Prepared, SpanTrack } from "./prepare.ts";
import { xOf, type Scene } from "./scene.ts";

const order = [
  Class.Wait, Class.Operation, Class.Election, Class.Step, Class.Applied, Class.Chosen, Class.Start, Class.Leads,
];

/** Draws all spans of a run but its flags. */
export function drawSpans(pen: Pen, scene: Scene, r: number, of: Prepared, alpha: number): void {
  for (const c of order) {
    for (const t of of.spans) if (t.class === c) drawTrack(pen, scene, scene.layout.of[r]![t.process]!, t, alpha);
  }
}

function drawTrack(pen: Pen, scene: Scene, lane: Lane, t: SpanTrack, alpha: number): void {
  switch (t.class) {
    case Class.Step:
      drawBars(pen, scene, t, lane.middle - 4, 9, 1.6);
      return pen.fill(scene.palette.text, 0.72 * alpha);
    case Class.Wait:
      drawBars(pen, scene, t, lane.middle + 8 + 4 * t.row, 2, 0.8);
      return pen.fill(scene.palette.hues[5]!, 0.75 * alpha);
    case Class.Operation:
      drawBars(pen, scene, t, lane.middle - 5, 11, 1.6);
      return pen.fill(scene.palette.hues[0]!, 0.85 * alpha);
    case Class.Election:
      drawBars(pen, scene, t, lane.middle - 7, 15, 2);
      pen.fill(scene.palette.hues[1]!, 0.35 * alpha);
      drawBars(pen, scene, t, lane.middle - 7, 15, 2);
      return pen.stroke({ colour: scene.palette.hues[1]!, width: 1.3, alpha });
    case Class.Chosen:
      drawMarks(scene, t, 8, (x) => addDiamond(pen, x, lane.middle + 0.5, 7));
      pen.fill(scene.palette.background, alpha);
      drawMarks(scene, t, 8, (x) => addDiamond(pen, x, lane.middle + 0.5, 5.5));
      return pen.fill(scene.palette.hues[3]!, alpha);
    case Class.Applied:
      drawMarks(scene, t, 6, (x) => pen.disc(x, lane.middle - 9, 2.6));
      return pen.fill(scene.palette.hues[3]!, 0.85 * alpha);
    case Class.Start:
      drawMarks(scene, t, 8, (x) => addTriangle(pen, x, lane.middle + 0.5, 5));
      return pen.fill(scene.palette.text, alpha);
    case Class.Leads:
      drawMarks(scene, t, 8, (x) => addStar(pen, x, lane.middle + 0.5, 11));
      pen.fill(scene.palette.background, alpha);
      drawMarks(scene, t, 8, (x) => addStar(pen, x, lane.middle + 0.5, 8.5));
      return pen.fill(scene.palette.hues[2]!, alpha);
  }
}

/** Adds bars to the path of a pen: those that touch are one. */
function drawBars(pen: Pen, scene: Scene, t: SpanTrack, y: number, height: number, least: number): void {
  const { window, scale, layout, counts } = scene;
  const grain = 1.5 / scale;
  let from = -Infinity, to = -Infinity;
  const meet: Meet = (_, count, low, high) => {
    const a = Math.max(layout.left - 2, xOf(scene, low));
    const b = Math.min(layout.width + 2, Math.max(xOf(scene, high), a + least));
    counts.spans += count;
    if (a <= to) {
      if (b > to) to = b;
      return;
    }
    if (to > from) pen.box(from, y, to - from, height);
    counts.spansDrawn++;
    from = a;
    to = b;
  };
  t.track.walk(window.from - 2 / scale, window.to + 2 / scale, grain, meet);
  if (to > from) pen.box(from, y, to - from, height);
}

/** Meets the marks in view; of those that are closer than gap pixels it meets one. */
function drawMarks(scene: Scene, t: SpanTrack, gap: number, add: (x: number, item: number) => void): void {
  const { window, scale, counts } = scene;
  const bucket = stepOf((gap * 0.75) / scale);
  let last = NaN;
  t.track.walk(window.from - 12 / scale, window.to + 12 / scale, bucket / 4, (item, count, low) => {
    counts.spans += count;
    const b = Math.floor(low / bucket);
    if (b === last) return;
    last = b;
    counts.spansDrawn++;
    add(xOf(scene, low), item);
  });
}

/** A power of two: so that what is drawn of many stays the same as the window moves. */
export const stepOf = (size: number): number => 2 ** Math.ceil(Math.log2(size));

/** Draws the flags of a run: faults and violations, with their words where there is room. */
export function drawFlags(pen: Pen, scene: Scene, r: number, of: Prepared, alpha: number): void {
  const { palette, layout } = scene;
  const lanes = layout.of[r]!;
  const { run } = scene.runs[r]!;
  for (const t of of.spans) {
    if (t.class !== Class.Fault && t.class !== Class.Violation) continue;
    const lane = lanes[t.process]!;
    const bottom = Math.max(...lanes.map((l) => l.top + l.height));
    const at: { x: number; item: number }[] = [];
    drawMarks(scene, t, 6, (x, item) => at.push({ x, item }));
    const bad = t.class === Class.Violation;
    for (const { x } of at) {
      pen.move(x, lane.top + 8);
      pen.line(x, bottom);
    }
    pen.stroke({ colour: palette.bad, width: bad ? 1.6 : 1, alpha: (bad ? 0.9 : 0.45) * alpha, dash: bad ? [] : [2, 3] });
    for (const { x } of at) addFlag(pen, x, lane.top + (bad ? 16 : 6));
    pen.fill(palette.bad, alpha);
    at.forEach(({ x, item }, k) => {
      const most = (at[k + 1]?.x ?? layout.width) - x - 16;
      if (most < 24) return;
      const words = bad ? run.statusText(item) || flagWords(run.name(item)) : flagWords(run.name(item));
      pen.text(x + 12, lane.top + (bad ? 25 : 14), words, { colour: palette.bad, size: 10.5, bold: bad, most });
    });
  }
}

/** The words of a flag: what the name of a span says behind its first word; or the last part of the name. */
export function flagWords(name: string): string {
  const space = name.indexOf(" ");
  return space >= 0 ? name.slice(space + 1) : name.slice(name.lastIndexOf(".") + 1);
}
