// What is at a point of the picture.

import { none } from "../model/run.ts";
import { Class } from "./draw/classes.ts";
import { endsOf, grainOf } from "./draw/arrows.ts";
import { isCovered } from "./draw/differences.ts";
import { boxOf } from "./draw/draw.ts";
import { laneAt } from "./draw/layout.ts";
import { placeAt, type Hit, type Scene } from "./draw/scene.ts";

const near = 6;
/** So many spans or messages at most are looked at: where more are close together, none can be meant. */
const mostLooked = 20_000;

/** The span or the message that is nearest to a point; null if none is near. */
export function hitAt(scene: Scene, x: number, y: number): Hit | null {
  if (x < scene.layout.left || y < scene.layout.top || y > scene.layout.bottom) return null;
  return spanAt(scene, x, y) ?? arrowAt(scene, x, y);
}

function spanAt(scene: Scene, x: number, y: number): Hit | null {
  const lane = laneAt(scene.layout, y);
  if (!lane || (lane.run > 0 && isCovered(scene, x))) return null;
  const { all } = scene.runs[lane.run]!;
  const from = placeAt(scene, x - 12), to = placeAt(scene, x + 12);
  let best: Hit | null = null;
  let least = Infinity, looked = 0;
  for (const t of all.spans) {
    if (t.process !== lane.process) continue;
    t.track.walk(from, to, 0, (span) => {
      if (looked++ > mostLooked) return;
      const box = boxOf(scene, lane.run, span);
      if (!box) return;
      const dx = Math.max(box.x - x, 0, x - box.x - box.width), dy = Math.max(box.y - y, 0, y - box.y - box.height);
      if (Math.hypot(dx, dy) > near) return;
      // Of those that are as near, the mark, and then the narrowest.
      const rank = Math.hypot(dx, dy) * 100 + (t.class >= Class.Chosen ? 0 : 20) + Math.min(10, box.width / 100);
      if (rank < least) {
        least = rank;
        best = { run: lane.run, span, arrow: none };
      }
    });
  }
  return best;
}

function arrowAt(scene: Scene, x: number, y: number): Hit | null {
  const from = placeAt(scene, x - near), to = placeAt(scene, x + near);
  let best: Hit | null = null;
  let least = near, looked = 0;
  scene.runs.forEach(({ run, all }, r) => {
    if (grainOf(scene, all).grain > 0 || (r > 0 && isCovered(scene, x))) return;
    for (const t of all.arrows) {
      t.track.walk(from, to, 0, (arrow) => {
        if (looked++ > mostLooked) return;
        const [a, b] = endsOf(scene, r, arrow, t, all);
        const d = distance(x, y, a.x, a.y, b.x, b.y);
        if (d < least) {
          least = d;
          best = { run: r, span: run.arrows.from[arrow]! >> 1, arrow };
        }
      });
    }
  });
  return best;
}

/** The distance of a point from a stretch between two others. */
export function distance(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax, dy = by - ay;
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
