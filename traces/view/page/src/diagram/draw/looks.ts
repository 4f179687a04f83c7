// How things look: sizes and shades that the diagram and its legend share.

import { delayed, duplicate, late, lost, untold } from "../../model/run.ts";
import type { Palette } from "./palette.ts";
import type { Pen, Stroke } from "./pen.ts";

/** How strongly the hue of a role fills a lane and its ribbon. */
export const lightenings = {
  leads: { lane: 0.14, ribbon: 0.3 },
  stands: { lane: 0.13, ribbon: 0.2 },
  other: { lane: 0.05, ribbon: 0.12 },
  none: { lane: 0.02, ribbon: 0.08 },
};

/** The line of a message, by what became of it. */
export function arrowStroke(palette: Palette, fate: number, alpha: number): Stroke {
  const bad = (fate & (lost | untold)) !== 0;
  const colour = fate & lost ? palette.bad : fate ? palette.hues[3]! : palette.dim;
  const dash = fate & delayed ? [6, 3] : fate & late ? [1.5, 3] : fate & untold ? [3, 3] : [];
  return { colour, width: fate ? 1.4 : 1, alpha: fate || bad ? Math.min(1, alpha * 1.6) : alpha, dash };
}

export interface Point {
  x: number;
  y: number;
}

/** Adds the line of a message to the path of a pen. One of a pair of copies is a double line. */
export function addLine(pen: Pen, fate: number, a: Point, b: Point): void {
  pen.move(a.x, a.y);
  pen.line(b.x, b.y);
  if (fate & duplicate) {
    const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const dx = (-(b.y - a.y) / length) * 3, dy = ((b.x - a.x) / length) * 3;
    pen.move(a.x + dx, a.y + dy);
    pen.line(b.x + dx, b.y + dy);
  }
}

/** Adds what stands at the end of a message: a head, for who fills; nothing for one that did not arrive. */
export function addHead(pen: Pen, a: Point, b: Point, size: number): void {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const ux = (b.x - a.x) / length, uy = (b.y - a.y) / length;
  const px = b.x - ux * size, py = b.y - uy * size;
  pen.move(b.x, b.y);
  pen.line(px - uy * size * 0.45, py + ux * size * 0.45);
  pen.line(px + uy * size * 0.45, py - ux * size * 0.45);
  pen.close();
}

/** Draws what marks a message that is not as others: a cross for one lost, a square for one delayed, and so on. */
export function drawMark(pen: Pen, palette: Palette, fate: number, a: Point, b: Point, alpha = 1): void {
  const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  if (fate & lost) {
    for (const s of [-1, 1]) {
      pen.move(b.x - 4, b.y - 4 * s);
      pen.line(b.x + 4, b.y + 4 * s);
    }
    pen.stroke({ colour: palette.bad, width: 2, alpha });
  }
  if (fate & untold) {
    pen.disc(b.x, b.y, 3.5);
    pen.fill(palette.background);
    pen.disc(b.x, b.y, 3.5);
    pen.stroke({ colour: palette.hues[3]!, width: 1.5, alpha });
  }
  if (fate & delayed && !(fate & lost)) {
    pen.box(middle.x - 3.5, middle.y - 3.5, 7, 7);
    pen.fill(palette.background);
    pen.box(middle.x - 3.5, middle.y - 3.5, 7, 7);
    pen.move(middle.x, middle.y - 3.5);
    pen.line(middle.x, middle.y);
    pen.line(middle.x + 2.5, middle.y);
    pen.stroke({ colour: palette.hues[3]!, width: 1.2, alpha });
  }
}

/** Adds a diamond: something was chosen. */
export function addDiamond(pen: Pen, x: number, y: number, size: number): void {
  pen.move(x, y - size);
  pen.line(x + size, y);
  pen.line(x, y + size);
  pen.line(x - size, y);
  pen.close();
}

/** Adds a triangle that points to the right: a process starts. */
export function addTriangle(pen: Pen, x: number, y: number, size: number): void {
  pen.move(x - size * 0.6, y - size);
  pen.line(x + size, y);
  pen.line(x - size * 0.6, y + size);
  pen.close();
}

/** Adds a star: a process leads from here on. */
export function addStar(pen: Pen, x: number, y: number, size: number): void {
  for (let k = 0; k < 10; k++) {
    const r = k % 2 === 0 ? size : size * 0.45;
    const angle = (k * Math.PI) / 5 - Math.PI / 2;
    if (k === 0) pen.move(x + r * Math.cos(angle), y + r * Math.sin(angle));
    else pen.line(x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  pen.close();
}

/** Adds a flag whose pole stands at x, from top to bottom. */
export function addFlag(pen: Pen, x: number, top: number): void {
  pen.move(x, top);
  pen.line(x + 9, top + 4);
  pen.line(x, top + 8);
  pen.close();
}
