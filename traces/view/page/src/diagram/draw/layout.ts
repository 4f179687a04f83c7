// Where the lanes are: the world on top, then the servers by group, then the clients.

import type { Process } from "../../model/head.ts";
import type { Run } from "../../model/run.ts";
import { widthOf } from "./pen.ts";

export interface Lane {
  run: number;
  process: number;
  name: string;
  kind: Process["kind"];
  /** The name of its group, above the group's first lane; else empty. */
  heading: string;
  top: number;
  height: number;
  /** The height of the ribbon at the top of the lane, which names the role and the term; 0 if it has none. */
  ribbon: number;
  /** Where steps are, and where messages begin and end. */
  middle: number;
}

export interface Layout {
  lanes: Lane[];
  /** Of each run, of each process, its lane. */
  of: Lane[][];
  /** What stands above the lanes of each run, if there are two. */
  titles: { run: number; top: number; text: string }[];
  /** The width of the names. */
  left: number;
  width: number;
  top: number;
  bottom: number;
  height: number;
}

/** What is left free on both sides of the axis, so that a mark at an end of the run is seen whole. */
export const margins = { left: 9, right: 18 };

/** Where the axis begins, and how wide what is shown of it is. */
export function axisOf(layout: Layout): { left: number; width: number } {
  const left = layout.left + margins.left;
  return { left, width: Math.max(1, layout.width - left - margins.right) };
}

const axisHeight = 24;
const noteHeight = 18;
const collator = new Intl.Collator("en", { numeric: true });
const kinds: Process["kind"][] = ["world", "server", "client"];

/** The numbers of the processes of a run, in the order of their lanes. */
export function ordered(processes: readonly Process[]): number[] {
  const groups: string[] = [];
  for (const p of processes) if (!groups.includes(p.group)) groups.push(p.group);
  const rank = (p: Process) => kinds.indexOf(p.kind) * 1000 + groups.indexOf(p.group);
  const compare = (a: Process, b: Process) => rank(a) - rank(b) || collator.compare(a.name, b.name);
  return processes.map((_, i) => i).sort((a, b) => compare(processes[a]!, processes[b]!));
}

/** The height of a server's lane at most: more would not be read more easily. */
const tallest = 78;

/** Lays out the lanes of all runs, one run below the other, such that they take a height if they can. */
export function layOut(runs: readonly Run[], width: number, room: number): Layout {
  const count = runs.reduce((n, run) => n + run.head.processes.length, 0);
  const least = count > 24 ? 34 : count > 14 ? 40 : width < 600 ? 46 : 50;
  const layout = layOutWith(runs, width, least);
  const more = room - layout.height;
  const weight = layout.lanes.reduce((n, l) => n + (l.kind === "server" ? 1 : l.kind === "client" ? clientPart : 0), 0);
  return more < weight ? layout : layOutWith(runs, width, Math.min(tallest, least + Math.floor(more / weight)));
}

const clientPart = 0.66;

function layOutWith(runs: readonly Run[], width: number, server: number): Layout {
  const narrow = width < 600;
  const size = narrow ? 11 : 12;
  let left = 40;
  for (const run of runs) for (const p of run.head.processes) left = Math.max(left, widthOf(p.name, size, true) + 20);
  left = Math.min(left, width * 0.3);
  const layout: Layout = {
    lanes: [], of: [], titles: [], left, width, top: axisHeight, bottom: 0, height: 0,
  };
  let top = axisHeight;
  runs.forEach((run, r) => {
    if (runs.length > 1) {
      layout.titles.push({ run: r, top, text: `${"AB"[r] ?? r + 1}  ${run.head.name}` });
      top += 24;
    }
    top = layOutRun(layout, run, r, top, server) + 6;
  });
  layout.bottom = top;
  layout.height = top + noteHeight;
  return layout;
}

function layOutRun(layout: Layout, run: Run, r: number, from: number, server: number): number {
  const flags = run.head.marks.map((m) => m === "fault" || m === "violation");
  const world = run.mark.some((m) => flags[m]) ? 40 : 22; // two rows of words
  const of: Lane[] = (layout.of[r] = []);
  let top = from;
  let group = "";
  for (const process of ordered(run.head.processes)) {
    const p = run.head.processes[process]!;
    const first = p.group !== group && p.kind !== "world";
    if (first) top += 14;
    group = p.group;
    const ribbon = p.kind === "server" ? 14 : 0;
    const height = p.kind === "server" ? server : p.kind === "client" ? Math.round(server * clientPart) : world;
    const lane: Lane = {
      run: r, process, name: p.name, kind: p.kind, heading: first ? p.group : "", top, height, ribbon,
      middle: top + ribbon + Math.round((height - ribbon) * (p.kind === "server" ? 0.42 : 0.5)),
    };
    of[process] = lane;
    layout.lanes.push(lane);
    top += height + 2;
  }
  return top;
}

/** The lane at a height; undefined if there is none. */
export function laneAt(layout: Layout, y: number): Lane | undefined {
  return layout.lanes.find((l) => y >= l.top && y < l.top + l.height + 2);
}
