// Draws how two runs differ: what differs is marked, and up to where they part the second run is as the first.

import { changed, moved, onlyA, onlyB } from "../../model/comparison.ts";
import { stepOf } from "./spans.ts";
import type { Palette } from "./palette.ts";
import type { Pen } from "./pen.ts";
import type { Prepared } from "./prepare.ts";
import { xOf, type Scene } from "./scene.ts";

/** The colour of what differs. */
export function differenceColour(palette: Palette, how: number): string {
  return how === onlyA ? palette.bad : how === onlyB ? palette.good : how === changed ? palette.hues[1]! : palette.dim;
}

/** Adds a mark for what differs: a minus, a plus, two lines that are not equal, an arrow to the right. */
export function addDifference(pen: Pen, how: number, x: number, y: number): void {
  const s = 3.5;
  if (how === onlyA || how === onlyB) {
    pen.move(x - s, y);
    pen.line(x + s, y);
  }
  if (how === onlyB) {
    pen.move(x, y - s);
    pen.line(x, y + s);
  }
  if (how === changed) {
    for (const d of [-1.6, 1.6]) {
      pen.move(x - s, y + d);
      pen.line(x + s, y + d);
    }
    pen.move(x - 2.2, y + 4);
    pen.line(x + 2.2, y - 4);
  }
  if (how === moved) {
    pen.move(x - s, y);
    pen.line(x + s, y);
    pen.move(x + 0.5, y - 2.5);
    pen.line(x + s, y);
    pen.line(x + 0.5, y + 2.5);
  }
}

/** Marks what differs, at the foot of the lanes. Of what is too close it marks one of each kind. */
export function drawDifferences(pen: Pen, scene: Scene, r: number, differs: Prepared, how: Uint8Array): void {
  const { layout, window, scale, palette } = scene;
  const bucket = stepOf(7 / scale);
  for (const kind of [moved, onlyA, onlyB, changed]) {
    for (const lane of layout.of[r]!) {
      let last = NaN;
      for (const t of differs.spans) {
        if (t.process !== lane.process) continue;
        t.track.walk(window.from - 8 / scale, window.to + 8 / scale, 0, (span, _, low) => {
          const b = Math.floor(low / bucket);
          if (how[span] !== kind || b === last) return;
          last = b;
          addDifference(pen, kind, xOf(scene, low), lane.top + lane.height - 5);
        });
      }
    }
    pen.stroke({ colour: differenceColour(palette, kind), width: 1.6 });
  }
}

/** Whether at an x the second run is covered, as it is there as the first. */
export const isCovered = (scene: Scene, x: number): boolean =>
  scene.parting !== null && x < xOf(scene, scene.parting) - 1;

/** Covers the second run up to where it parts from the first, and draws a line there. */
export function drawParting(pen: Pen, scene: Scene): void {
  const { layout, palette } = scene;
  const lower = layout.titles[1];
  if (scene.parting === null || !lower) return;
  const x = Math.round(xOf(scene, scene.parting)) + 0.5;
  const top = lower.top + 22;
  if (x > layout.left) {
    const width = Math.min(x, layout.width) - layout.left;
    pen.box(layout.left, top, width, layout.bottom - top);
    pen.fill(palette.background);
    const words = "as in A, above";
    if (pen.measure(words, 12) < width - 16) {
      pen.text(layout.left + width / 2, (top + layout.bottom) / 2, words, {
        colour: palette.dim, size: 12, align: "center",
      });
    }
  }
  if (x < layout.left || x > layout.width) return;
  pen.move(x, layout.top);
  pen.line(x, layout.bottom);
  pen.stroke({ colour: palette.hues[1]!, width: 2, dash: [8, 4] });
  const label = "here they part";
  const right = x + pen.measure(label, 11, true) + 12 > layout.width;
  const title = 8 + pen.measure(lower.text, 13, true) + 12; // the title of the second run stands in this line, too
  pen.text(right ? x - 6 : Math.max(x + 6, title), lower.top + 15, label, {
    colour: palette.text, size: 11, bold: true, align: right ? "right" : "left",
  });
}
