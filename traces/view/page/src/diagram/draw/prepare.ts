// What drawing a run needs, made once: tracks of spans by lane and class, and of messages by sender and receiver.

import type { Axis } from "../../app/state.ts";
import { duplicate, late, lost, none, untold, type Run } from "../../model/run.ts";
import { Track } from "../../model/tracks.ts";
import { addressee, Class, classesOf, rows } from "./classes.ts";

export interface SpanTrack {
  process: number;
  class: Class;
  row: number;
  track: Track;
}

/** Messages from one process to another, all of one fate. */
export interface ArrowTrack {
  from: number;
  /** none for messages that are lost and of which nobody knows for whom they were. */
  to: number;
  fate: number;
  track: Track;
}

export interface Prepared {
  spans: SpanTrack[];
  arrows: ArrowTrack[];
  /** How far along the axis a message goes that nobody took in: half of the median way. */
  half: number;
}

/** The place along an axis of a moment: 2·span, or 2·span+1 for an end. */
export type PlaceOf = (moment: number) => number;

export function placesOf(run: Run, axis: Axis): PlaceOf {
  if (axis === "sequence") return (m) => run.place[m]!;
  return (m) => (m & 1 ? run.end[m >> 1]! : run.start[m >> 1]!);
}

const all = new WeakMap<Run, Map<Axis, Prepared>>();

/** What drawing a run along an axis needs. */
export function prepared(run: Run, axis: Axis): Prepared {
  let ofRun = all.get(run);
  if (!ofRun) all.set(run, (ofRun = new Map()));
  let made = ofRun.get(axis);
  if (!made) ofRun.set(axis, (made = prepare(run, axis, null)));
  return made;
}

/** A part of a run: spans, and the messages of which both ends are of these, or one. */
export interface Part {
  /** Of each span 1 if it is in the part. */
  spans: Uint8Array;
  either: boolean;
}

/** Whether a message belongs to a part. */
export function arrowIn(run: Run, arrow: number, part: Part): boolean {
  const to = run.arrows.to[arrow]!;
  const begins = part.spans[run.arrows.from[arrow]! >> 1] === 1;
  if (to === none) return begins;
  const ends = part.spans[to >> 1] === 1;
  return part.either ? begins || ends : begins && ends;
}

/** What drawing a part of a run needs; of all of it, if there is no part. */
export function prepare(run: Run, axis: Axis, part: Part | null): Prepared {
  const place = placesOf(run, axis);
  const half = medianWay(run, place) / 2;
  return { spans: spanTracks(run, place, part), arrows: arrowTracks(run, place, half, part), half };
}

function medianWay(run: Run, place: PlaceOf): number {
  const ways: number[] = [];
  const every = Math.max(1, Math.floor(run.arrows.count / 1000));
  for (let k = 0; k < run.arrows.count; k += every) {
    const to = run.arrows.to[k]!;
    if (to !== none) ways.push(place(to) - place(run.arrows.from[k]!));
  }
  ways.sort((a, b) => a - b);
  return Math.max(1, ways[ways.length >> 1] ?? 1);
}

/** Lists of numbers by key, packed. */
function gather(count: number, keyOf: (i: number) => number): Map<number, Int32Array> {
  const sizes = new Map<number, number>();
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const key = (keys[i] = keyOf(i));
    if (key >= 0) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  }
  const lists = new Map<number, Int32Array>();
  for (const key of [...sizes.keys()].sort((a, b) => a - b)) lists.set(key, new Int32Array(sizes.get(key)!));
  const used = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const list = lists.get(keys[i]!);
    if (!list) continue;
    const at = used.get(keys[i]!) ?? 0;
    list[at] = i;
    used.set(keys[i]!, at + 1);
  }
  return lists;
}

function spanTracks(run: Run, place: PlaceOf, part: Part | null): SpanTrack[] {
  const { of, row } = classesOf(run);
  const kinds = Class.Run * rows;
  const lists = gather(run.spans, (i) =>
    of[i] === Class.Run || (part && part.spans[i] !== 1) ? -1 : run.process[i]! * kinds + of[i]! * rows + row[i]!,
  );
  return [...lists].map(([key, items]) => ({
    process: Math.floor(key / kinds),
    class: Math.floor((key % kinds) / rows),
    row: key % rows,
    track: new Track(items, (i) => place(2 * i), (i) => place(2 * i + 1)),
  }));
}

function arrowTracks(run: Run, place: PlaceOf, half: number, part: Part | null): ArrowTrack[] {
  const { from, to, fate } = run.arrows;
  const n = run.head.processes.length;
  const byName = new Map(run.head.processes.map((p, i) => [p.name, i]));
  const lists = gather(run.arrows.count, (k) => {
    if (part && !arrowIn(run, k, part)) return -1;
    const target = to[k] === none ? addressee(run, k, byName) : run.process[to[k]! >> 1]!;
    return (fate[k]! * n + run.process[from[k]! >> 1]!) * (n + 1) + target + 1;
  });
  const other = (k: number) => (to[k] === none ? place(from[k]!) + half : place(to[k]!));
  return [...lists].map(([key, items]) => ({
    from: Math.floor(key / (n + 1)) % n,
    to: (key % (n + 1)) - 1,
    fate: Math.floor(key / (n + 1) / n),
    track: new Track(items, (k) => Math.min(place(from[k]!), other(k)), (k) => Math.max(place(from[k]!), other(k))),
  }));
}

/** How a message is told in words: what became of it. */
export function fateWords(fate: number): string {
  const words: string[] = [];
  if (fate & lost) words.push("lost");
  if (fate & untold) words.push("no span tells that it came: nobody waited for it, or the run ended");
  if (fate & duplicate) words.push("sent twice");
  if (fate & late) words.push("came when its call was over");
  if (fate & 2) words.push("delayed");
  return words.join(", ");
}
