// Draws the messages.

import { lost, none, untold } from "../../model/run.ts";
import { addHead, addLine, arrowStroke, drawMark, type Point } from "./looks.ts";
import type { Pen } from "./pen.ts";
import type { ArrowTrack, Prepared } from "./prepare.ts";
import { stepOf } from "./spans.ts";
import { xOf, type Scene } from "./scene.ts";

/** More lines than this are too many to be told apart, and to be drawn in time. */
const most = 1200;
/** From how many lines on they have no heads. */
const headless = 700;

/** How wide a stretch of the axis is of which, between two processes, one message is drawn; 0 if all are. */
export function grainOf(scene: Scene, of: Prepared): { total: number; grain: number } {
  const { window, scale, layout } = scene;
  let total = 0, tracks = 0;
  for (const t of of.arrows) {
    if (t.fate !== 0) continue;
    const n = t.track.count(window.from, window.to);
    total += n;
    if (n > 0) tracks++;
  }
  if (total <= most) return { total, grain: 0 };
  const pixels = ((layout.width - layout.left) * tracks) / most;
  return { total, grain: stepOf(Math.max(0.5, pixels) / scale) };
}

/** The ends of a message in the picture. What was lost goes half of the way. */
export function endsOf(scene: Scene, r: number, arrow: number, t: ArrowTrack, of: Prepared): [Point, Point] {
  const { run, place } = scene.runs[r]!;
  const lanes = scene.layout.of[r]!;
  const a = place(run.arrows.from[arrow]!);
  const to = run.arrows.to[arrow]!;
  const from = lanes[t.from]!;
  const target = t.to === none ? undefined : lanes[t.to]!;
  const down = target ? target.middle > from.middle : true;
  const y = from.middle + (down ? 5 : -4);
  const y2 = target ? target.middle + (down ? -4 : 5) : from.middle + 40;
  if (to !== none) return [{ x: xOf(scene, a), y }, { x: xOf(scene, place(to)), y: y2 }];
  const reach = t.fate & untold ? 0.35 : 0.5;
  return [{ x: xOf(scene, a), y }, { x: xOf(scene, a + of.half), y: y + (y2 - y) * reach }];
}

/** Draws the messages of a run. Those that met a fault are all drawn, before the others are thinned. */
export function drawArrows(pen: Pen, scene: Scene, r: number, of: Prepared, alpha: number, count: boolean): void {
  const { total, grain } = grainOf(scene, of);
  // The more there are, the fainter is each, so that what stands on the lanes can be seen.
  const faint = Math.max(0.24, Math.min(0.6, 0.6 * Math.sqrt(200 / Math.max(1, total))));
  for (const special of [false, true]) {
    for (const t of of.arrows) {
      if ((t.fate !== 0) !== special) continue;
      drawTrack(pen, scene, r, of, t, special ? 0 : grain, faint * alpha, total <= headless, count);
    }
  }
}

const pairs: { a: Point; b: Point }[] = [];

function drawTrack(
  pen: Pen, scene: Scene, r: number, of: Prepared, t: ArrowTrack, grain: number, alpha: number, heads: boolean,
  count: boolean,
): void {
  const { window, counts } = scene;
  pairs.length = 0;
  let last = NaN;
  t.track.walk(window.from, window.to, grain / 4, (item, n, low) => {
    if (count) counts.arrows += n;
    if (grain > 0) {
      const bucket = Math.floor(low / grain);
      if (bucket === last) return;
      last = bucket;
    }
    const [a, b] = endsOf(scene, r, item, t, of);
    if (count) counts.arrowsDrawn++;
    pairs.push({ a, b });
  });
  if (pairs.length === 0) return;
  const stroke = arrowStroke(scene.palette, t.fate, alpha);
  for (const { a, b } of pairs) addLine(pen, t.fate, a, b);
  pen.stroke(stroke);
  const arrived = (t.fate & (lost | untold)) === 0;
  if (heads && arrived) {
    for (const { a, b } of pairs) addHead(pen, a, b, 6);
    pen.fill(stroke.colour, Math.min(1, (stroke.alpha ?? 1) + 0.2));
  }
  if (t.fate === 0 || pairs.length > most) return;
  const bright = Math.min(1, alpha * 2.2);
  for (const { a, b } of pairs) drawMark(pen, scene.palette, t.fate, a, b, bright);
}
