// Draws the spans: bars for steps, lines for what waits, and shapes for what is marked.

import { none, type Run } from "../../model/run.ts";
import type { Meet } from "../../model/tracks.ts";
import { Class } from "./classes.ts";
import type { Lane } from "./layout.ts";
import { addDiamond, addFlag, addStar, addTriangle } from "./looks.ts";
import type { Pen } from "./pen.ts";
import type { Prepared, SpanTrack } from "./prepare.ts";
import { xOf, type Counts, type Scene } from "./scene.ts";

const order = [
  Class.Wait, Class.Operation, Class.Election, Class.Step, Class.Applied, Class.Chosen, Class.Start, Class.Leads,
];

/** For what is drawn once more, and was counted before. */
const uncounted: Counts = { arrows: 0, arrowsDrawn: 0, spans: 0, spansDrawn: 0 };

/** Draws all spans of a run but its flags. */
export function drawSpans(pen: Pen, scene: Scene, r: number, of: Prepared, alpha: number): void {
  for (const c of order) {
    for (const t of of.spans) if (t.class === c) drawTrack(pen, scene, scene.layout.of[r]![t.process]!, t, alpha);
  }
}

function drawTrack(pen: Pen, scene: Scene, lane: Lane, t: SpanTrack, alpha: number): void {
  if (t.class >= Class.Chosen && t.track.count(scene.window.from, scene.window.to) <= mostClose) {
    drawBars(pen, scene, t, lane.middle - 1, 3, 0, uncounted); // how long it lasts, which is seen from close up
    pen.fill(scene.palette.hues[3]!, 0.6 * alpha);
  }
  switch (t.class) {
    case Class.Step:
      if (t.track.count(scene.window.from, scene.window.to) <= mostClose) return drawClose(pen, scene, lane, t, alpha);
      drawBars(pen, scene, t, lane.middle - 4, 9, 1.6);
      return pen.fill(scene.palette.text, 0.72 * alpha);
    case Class.Wait:
      drawBars(pen, scene, t, lane.middle + 8 + 4 * t.row, 2, 0.8);
      return pen.fill(scene.palette.hues[5]!, 0.75 * alpha);
    case Class.Operation:
      drawOperations(pen, scene, lane, t, alpha);
      return;
    case Class.Election:
      drawBars(pen, scene, t, lane.middle - 7, 15, 2);
      pen.fill(scene.palette.hues[1]!, 0.35 * alpha);
      drawBars(pen, scene, t, lane.middle - 7, 15, 2, uncounted);
      return pen.stroke({ colour: scene.palette.hues[1]!, width: 1.3, alpha });
    case Class.Chosen:
      drawMarks(scene, t, 8, (x) => addDiamond(pen, x, lane.middle + 0.5, 7), uncounted);
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
      drawMarks(scene, t, 8, (x) => addStar(pen, x, lane.middle + 0.5, 11), uncounted);
      pen.fill(scene.palette.background, alpha);
      drawMarks(scene, t, 8, (x) => addStar(pen, x, lane.middle + 0.5, 8.5));
      return pen.fill(scene.palette.hues[2]!, alpha);
  }
}

/** So few steps at most are drawn from close up. */
const mostClose = 60;

/** Draws steps from close up: each is a box with its name, and what is done within it a bar inside. */
function drawClose(pen: Pen, scene: Scene, lane: Lane, t: SpanTrack, alpha: number): void {
  const { window, scale, palette, layout, counts } = scene;
  const { run } = scene.runs[lane.run]!;
  const boxes: { x: number; width: number; item: number; inner: boolean }[] = [];
  t.track.walk(window.from - 2 / scale, window.to + 2 / scale, 0, (item, _, low, high) => {
    const x = Math.max(layout.left - 3, xOf(scene, low));
    const width = Math.min(layout.width + 3, Math.max(xOf(scene, high), x + 1.6)) - x;
    counts.spans++;
    counts.spansDrawn++;
    boxes.push({ x, width, item, inner: isInner(run, item) });
  });
  const top = lane.middle - 7, wide = (b: { width: number }) => b.width > 24;
  for (const b of boxes) if (!b.inner && wide(b)) pen.box(b.x, top, b.width, 15);
  pen.fill(palette.text, 0.1 * alpha);
  for (const b of boxes) if (!b.inner && wide(b)) pen.box(b.x, top, b.width, 15);
  pen.stroke({ colour: palette.text, width: 1, alpha: 0.72 * alpha });
  for (const b of boxes) {
    if (!b.inner && !wide(b)) pen.box(b.x, lane.middle - 4, b.width, 9);
    else if (b.inner) pen.box(b.x, lane.middle + 4, b.width, 4);
  }
  pen.fill(palette.text, 0.72 * alpha);
  if (alpha < 0.5) return;
  for (const b of boxes) {
    if (b.inner || b.width < 40) continue;
    pen.text(b.x + 4, lane.middle + 3, run.name(b.item), { colour: palette.text, size: 10, most: b.width - 8 });
  }
}

/** Whether a span is done within another one of the same process that began before it. */
function isInner(run: Run, span: number): boolean {
  const above = run.parent[span]!;
  return above !== none && run.process[above] === run.process[span] && run.end[above]! >= run.end[span]!;
}

/** Draws the operations of a client: where there is room each is a box with its name. */
function drawOperations(pen: Pen, scene: Scene, lane: Lane, t: SpanTrack, alpha: number): void {
  const { window, scale, palette, layout } = scene;
  const hue = palette.hues[0]!;
  const top = lane.middle - 7, height = 14;
  const { run } = scene.runs[lane.run]!;
  const bold: { x: number; width: number; item: number }[] = [];
  if (t.track.count(window.from, window.to) * 5 > layout.width) {
    drawBars(pen, scene, t, top, height, 1.6);
    pen.fill(hue, 0.5 * alpha);
    return;
  }
  t.track.walk(window.from - 2 / scale, window.to + 2 / scale, 0, (item, _, low, high) => {
    const x = Math.max(layout.left - 4, xOf(scene, low) + 0.5);
    const width = Math.max(1.5, Math.min(layout.width + 4, xOf(scene, high) - 1) - x);
    scene.counts.spans++;
    scene.counts.spansDrawn++;
    pen.box(x, top + 0.5, width, height - 1);
    bold.push({ x, width, item });
  });
  pen.fill(hue, 0.28 * alpha);
  for (const { x, width } of bold) pen.box(x, top + 0.5, width, height - 1);
  pen.stroke({ colour: hue, width: 1, alpha });
  if (alpha < 0.5) return;
  for (const { x, width, item } of bold) {
    if (width < 26) continue;
    const most = width - 7;
    pen.text(Math.max(x, layout.left) + 4, top + 10.5, run.name(item), { colour: palette.text, size: 10, most });
  }
}

/** Adds bars to the path of a pen: those that touch are one. */
function drawBars(
  pen: Pen, scene: Scene, t: SpanTrack, y: number, height: number, least: number, counts = scene.counts,
): void {
  const { window, scale, layout } = scene;
  const grain = 1.5 / scale;
  let from = -Infinity, to = -Infinity;
  const meet: Meet = (_, count, low, high) => {
    const a = Math.max(layout.left - 2, xOf(scene, low));
    const b = Math.min(layout.width + 2, Math.max(xOf(scene, high), a + least));
    const seen = Math.min(high, window.to) - Math.max(low, window.from);
    counts.spans += count === 1 ? 1 : Math.max(1, count * Math.min(1, seen / Math.max(1e-9, high - low)));
    if (a <= to) {
      if (b > to) to = b;
      return;
    }
    if (to > from) pen.box(from, y, to - from, height);
    counts.spansDrawn++;
    from = a;
    to = b;
  };
  t.track.walk(window.from - 2 / scale, window.to + 2 / scale, grain, meet, true);
  if (to > from) pen.box(from, y, to - from, height);
}

/** Meets the marks in view; of those that are too close it meets one. Many stand farther apart: they
 * would be a wall. */
function drawMarks(
  scene: Scene, t: SpanTrack, gap: number, add: (x: number, item: number) => void, counts = scene.counts,
): void {
  const { window, scale, layout } = scene;
  const wide = t.track.count(window.from, window.to) * gap > layout.width - layout.left ? 2 * gap : gap / 2;
  const bucket = stepOf(wide / scale);
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

interface Flag {
  x: number;
  item: number;
  bad: boolean;
  words: string;
}

/** Draws the flags of a run: faults and violations, with their words where there is room. */
export function drawFlags(pen: Pen, scene: Scene, r: number, of: Prepared, alpha: number): void {
  const { palette, layout } = scene;
  const lanes = layout.of[r]!;
  const { run } = scene.runs[r]!;
  const bottom = Math.max(...lanes.map((l) => l.top + l.height));
  const byLane = new Map<Lane, Flag[]>();
  for (const t of of.spans) {
    if (t.class !== Class.Fault && t.class !== Class.Violation) continue;
    const bad = t.class === Class.Violation;
    const lane = lanes[t.process]!;
    const flags = byLane.get(lane) ?? [];
    byLane.set(lane, flags);
    drawMarks(scene, t, 6, (x, item) => flags.push({ x, item, bad, words: flagText(run, item, bad) }));
  }
  for (const [lane, flags] of byLane) {
    flags.sort((a, b) => a.x - b.x);
    for (const bad of [false, true]) {
      for (const f of flags) {
        if (f.bad !== bad) continue;
        pen.move(f.x, lane.top + 6);
        pen.line(f.x, bottom);
      }
      const shade = (bad ? 0.9 : 0.45) * alpha;
      pen.stroke({ colour: palette.bad, width: bad ? 1.6 : 1, alpha: shade, dash: bad ? [] : [2, 3] });
    }
    drawFlagWords(pen, scene, lane, flags, alpha);
  }
}

function drawFlagWords(pen: Pen, scene: Scene, lane: Lane, flags: Flag[], alpha: number): void {
  const { palette, layout } = scene;
  const size = 10.5;
  const rows = flagRows(flags.map((f) => f.x), flags.map((f) => pen.measure(f.words, size, f.bad) + 18));
  flags.forEach((f, k) => addFlag(pen, f.x, lane.top + 5 + rows[k]! * 17));
  pen.fill(palette.bad, alpha);
  flags.forEach((f, k) => {
    const next = flags.findIndex((_, n) => n > k && rows[n] === rows[k]);
    const baseline = lane.top + 13 + rows[k]! * 17;
    const most = (next < 0 ? layout.width : flags[next]!.x) - f.x - 18;
    if (next < 0 && most < 60 && f.bad) {
      pen.text(f.x - 5, baseline, f.words, { colour: palette.bad, size, bold: true, align: "right", most: 240 });
    } else if (most >= 24) {
      pen.text(f.x + 12, baseline, f.words, { colour: palette.bad, size, bold: f.bad, most });
    }
  });
}

const flagText = (run: Run, span: number, bad: boolean) =>
  (bad && run.statusText(span)) || flagWords(run.name(span));

/** In which of two rows each flag stands: that in which the words before leave more room. */
export function flagRows(x: readonly number[], widths: readonly number[]): number[] {
  const until = [-Infinity, -Infinity];
  return x.map((at, k) => {
    const row = until[0]! <= at || until[0]! <= until[1]! ? 0 : 1;
    until[row] = at + widths[k]!;
    return row;
  });
}

/** The words of a flag: what the name of a span says behind its first word; or the last part of the name. */
export function flagWords(name: string): string {
  const space = name.indexOf(" ");
  return space >= 0 ? name.slice(space + 1) : name.slice(name.lastIndexOf(".") + 1);
}
