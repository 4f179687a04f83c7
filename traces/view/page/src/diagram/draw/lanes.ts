// Draws the lanes: their names, roles and terms, and when a process is down.

import { lightenings } from "./looks.ts";
import type { Lane } from "./layout.ts";
import type { Pen } from "./pen.ts";
import type { Standing } from "./roles.ts";
import { placeOfMoment, xOf, type Scene } from "./scene.ts";

export function drawLanes(pen: Pen, scene: Scene): void {
  const { layout, palette } = scene;
  const width = layout.width - layout.left;
  pen.clip(layout.left, layout.top, width, layout.bottom - layout.top);
  for (const lane of layout.lanes) {
    pen.box(layout.left, lane.top, width, lane.height);
    pen.fill(palette.raised, 0.6);
    if (lane.kind === "server") drawStretches(pen, scene, lane);
    pen.move(layout.left, lane.middle + 0.5);
    pen.line(layout.width, lane.middle + 0.5);
    pen.stroke({ colour: palette.line, width: 1 });
    if (lane.kind === "server") drawDown(pen, scene, lane);
  }
  pen.unclip();
}

/** The hue of a role. */
export function hueOf(scene: Scene, standing: Standing | undefined): string {
  const { hues, dim } = scene.palette;
  return standing === "leads" ? hues[2]! : standing === "stands" ? hues[1]! : standing === "other" ? hues[0]! : dim;
}

function drawStretches(pen: Pen, scene: Scene, lane: Lane): void {
  const { run, lives } = scene.runs[lane.run]!;
  const { left, width } = scene.layout;
  const list = lives.stretches[lane.process]!;
  const x = (moment: number) => xOf(scene, placeOfMoment(run, scene.axis, moment));
  let drawnTo = -Infinity;
  for (let k = firstAfter(list, (s) => x(s.to) >= left); k < list.length; k++) {
    const s = list[k]!;
    const from = Math.max(left, x(s.from)), to = Math.min(width, x(s.to));
    if (from > width) break;
    if (to - drawnTo < 0.5) continue; // too narrow to be seen, beside what is drawn
    drawnTo = to;
    const standing = s.role === "" ? undefined : lives.standing.get(s.role);
    drawRibbon(pen, scene, lane, from, to, standing);
    const fresh = k === 0 || list[k - 1]!.term !== s.term;
    if (fresh && x(s.from) >= left && to - from > 2) {
      pen.box(from, lane.top, 1, lane.height);
      pen.fill(scene.palette.dim, 0.55);
    }
  }
}

/** Writes roles and terms onto the ribbons. */
export function drawRibbonWords(pen: Pen, scene: Scene): void {
  const { left, width } = scene.layout;
  for (const lane of scene.layout.lanes) {
    if (lane.kind !== "server" || isHidden(scene, lane)) continue;
    const { run, lives } = scene.runs[lane.run]!;
    const x = (moment: number) => xOf(scene, placeOfMoment(run, scene.axis, moment));
    const list = lives.stretches[lane.process]!;
    const begin = lane.run > 0 && scene.parting !== null ? Math.max(left, xOf(scene, scene.parting)) : left;
    for (let k = firstAfter(list, (s) => x(s.to) >= begin + 8); k < list.length; k++) {
      const s = list[k]!;
      const from = Math.max(begin, x(s.from)), to = Math.min(width, x(s.to));
      if (from > width) break;
      const down = lives.down[lane.process]!.some((d) => d.from <= s.from && s.from < d.to);
      if (to - from > 12 && !down) drawWords(pen, scene, lane, from, to, s.role, s.term);
    }
  }
}

/** Whether all of a lane is covered, since its run is there as the first one. */
const isHidden = (scene: Scene, lane: Lane) =>
  lane.run > 0 && scene.parting !== null && xOf(scene, scene.parting) >= scene.layout.width;

function firstAfter<T>(list: readonly T[], is: (item: T) => boolean): number {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (is(list[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The ribbon on top of a lane: filled for who leads, with stripes for who stands for election. */
export function drawRibbon(
  pen: Pen, scene: Scene, lane: Lane, from: number, to: number, standing: Standing | undefined,
): void {
  const look = lightenings[standing ?? "none"];
  const hue = hueOf(scene, standing);
  pen.box(from, lane.top, to - from, lane.height);
  pen.fill(hue, look.lane);
  pen.box(from, lane.top, to - from, lane.ribbon);
  pen.fill(hue, look.ribbon);
  if (standing === "leads") {
    pen.box(from, lane.top + lane.ribbon - 2.5, to - from, 2.5);
    pen.fill(hue);
  } else if (standing === "stands") {
    drawHatch(pen, from, lane.top, to - from, lane.ribbon, 6);
    pen.stroke({ colour: hue, width: 1.2, alpha: 0.8 });
  }
}

function drawWords(pen: Pen, scene: Scene, lane: Lane, from: number, to: number, role: string, term: string): void {
  const { run, lives } = scene.runs[lane.run]!;
  const word = run.head.term.word;
  const short = lives.letters.get(role) ?? "";
  const choices = [
    [role, term && `${word} ${term}`].filter((t) => t !== "").join(" · "),
    [role, term].filter((t) => t !== "").join(" "),
    `${short} ${term}`.trim(), short || term,
  ];
  const size = 10;
  const text = choices.find((t) => t !== "" && pen.measure(t, size) <= to - from - 8);
  if (text) pen.text(from + 5, lane.top + lane.ribbon - 4, text, { colour: scene.palette.text, size });
}

function drawDown(pen: Pen, scene: Scene, lane: Lane): void {
  const { run, lives } = scene.runs[lane.run]!;
  const { left, width } = scene.layout;
  for (const d of lives.down[lane.process]!) {
    const from = Math.max(left, xOf(scene, placeOfMoment(run, scene.axis, d.from)));
    const to = Math.min(width, xOf(scene, placeOfMoment(run, scene.axis, d.to)));
    if (to <= from) continue;
    pen.box(from, lane.top, to - from, lane.height);
    pen.fill(scene.palette.background);
    drawHatch(pen, from, lane.top, to - from, lane.height, 9);
    pen.stroke({ colour: scene.palette.dim, width: 1, alpha: 0.5 });
    const wide = pen.measure(d.word, 11, true) + 8;
    if (to - from < wide + 8) continue;
    pen.box(from + 4, lane.middle - 8, wide, 16);
    pen.fill(scene.palette.background);
    pen.text(from + 8, lane.middle + 4, d.word, { colour: scene.palette.text, size: 11, bold: true });
  }
}

/** Adds lines from the lower left to the upper right, within a box, which stand still as the box moves. */
export function drawHatch(pen: Pen, x: number, y: number, width: number, height: number, gap: number): void {
  const first = Math.floor((x - height) / gap) * gap;
  for (let at = first; at < x + width; at += gap) {
    const a = Math.max(at, x), b = Math.min(at + height, x + width);
    if (b <= a) continue;
    pen.move(a, y + height - (a - at));
    pen.line(b, y + height - (b - at));
  }
}

/** The names of the lanes, left of them, over what is drawn already. */
export function drawNames(pen: Pen, scene: Scene): void {
  const { layout, palette } = scene;
  pen.box(0, 0, layout.left, layout.height);
  pen.fill(palette.background);
  const size = layout.width < 600 ? 11 : 12;
  for (const title of layout.titles) {
    pen.text(8, title.top + 17, title.text, { colour: palette.text, size: 13, bold: true, most: layout.width - 16 });
  }
  for (const lane of layout.lanes) {
    if (lane.heading !== "") {
      pen.text(8, lane.top - 4, lane.heading, { colour: palette.dim, size: 10, most: layout.left - 10 });
    }
    pen.text(layout.left - 8, lane.middle + 4, lane.name, {
      colour: palette.text, size, bold: lane.kind === "server", align: "right", most: layout.left - 12,
    });
  }
}
