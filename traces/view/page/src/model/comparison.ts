// How the two runs of a page compare: traces/view/compare.go packs it.

import { signal } from "@preact/signals";
import { Column, unpack, type Packed } from "./columns.ts";
import type { Across, Change, Difference, Rule } from "./difference.ts";
import { none } from "./run.ts";

/** How a span differs from the same one of the other run. */
export const same = 0;
export const onlyA = 1;
export const onlyB = 2;
export const changed = 3;
export const moved = 4;

const words: Change[] = ["", "only in A", "only in B", "changed", "moved"];
const rules: Rule[] = [
  "", "parent", "message", "reply", "fault", "down", "step", "lost", "below", "busy", "process", "run",
];
/** The last rule of which the traces show that it holds; the others are only possible. */
const lastSeen = rules.indexOf("step");

export interface ComparisonHead {
  kind: "diff" | "across" | "none";
  why: string;
  difference: Difference | null;
  across: Across | null;
  more: { operations: number; leaders: number; log: number; store: number };
  pairs: number;
  unit_ns: number;
  /** Attributes that are not compared. */
  ignored: string[];
}

/** An event that differs: a span of each run, or of one. */
export interface Pair {
  /** Of A and of B; none in a run that does not have it. */
  spans: [number, number];
  /** From when on they differ, in nanoseconds from the beginning of the run. */
  at: number;
  how: number;
  /** The place among the pairs of what it comes of; none if the traces show nothing. */
  cause: number;
  /** The place of the first of what it comes of, which may be itself. */
  origin: number;
  rule: Rule;
  /** The traces show that it comes of its cause, and of all before that. */
  seen: boolean;
  /** It is there, or not, because one of the runs goes on for longer. */
  ending: boolean;
}

export class Comparison {
  readonly head: ComparisonHead;
  /** Of each span of A and of B, the same one of the other run; none if there is none. */
  readonly twins: [Int32Array, Int32Array];
  /** Of each span of A and of B, how it differs: same, onlyA, onlyB, changed or moved. */
  readonly how: [Uint8Array, Uint8Array];
  /** What differs, in the order in which it begins to. */
  readonly pairs: Pair[] = [];
  /** The pairs that a person stops at: not those that only moved, or are there because a run goes on for longer. */
  readonly stops: number[];
  /** The spans of the operations of both runs, in the order of head.across; none where there is none. */
  readonly operations: [number, number][] = [];
  private readonly pairOf: [Int32Array, Int32Array];

  constructor(packed: Packed<ComparisonHead>, spansA: number, spansB: number) {
    const head = (this.head = packed.head);
    const column = (name: string) => new Column(packed.columns.get(name)?.[0] ?? new Uint8Array());
    const empty = (n: number) => new Int32Array(n).fill(none);
    this.twins = [empty(spansA), empty(spansB)];
    this.pairOf = [empty(spansA), empty(spansB)];
    this.how = [new Uint8Array(spansA), new Uint8Array(spansB)];
    if (head.kind !== "none") this.readTwins(column("twin"));
    this.readPairs(column);
    const a = column("operation_a"), b = column("operation_b");
    for (const _ of head.across?.operations ?? []) this.operations.push([a.next() - 1, b.next() - 1]);
    this.stops = this.stopsOf();
  }

  /** The same span of the other run; none if there is none. */
  twin(run: number, span: number): number {
    return this.twins[run]?.[span] ?? none;
  }

  /** How a span differs. */
  howOf(run: number, span: number): number {
    return this.how[run]?.[span] ?? same;
  }

  /** The place among the pairs of a span that differs; none if it does not. */
  pair(run: number, span: number): number {
    return this.pairOf[run]?.[span] ?? none;
  }

  private readTwins(column: Column): void {
    const [ofA, ofB] = this.twins;
    let next = 0;
    for (let i = 0; i < ofA.length; i++) {
      const code = column.next();
      if (code === 0) continue;
      const far = code - 1;
      const j = next + (far % 2 === 0 ? far / 2 : -(far + 1) / 2);
      ofA[i] = j;
      if (j < ofB.length) ofB[j] = i;
      next = j + 1;
    }
  }

  private readPairs(column: (name: string) => Column): void {
    const how = column("how"), span = column("span"), at = column("at"), cause = column("cause"), rule = column("rule");
    const last: [number, number] = [0, 0];
    let time = 0;
    for (let n = 0; n < this.head.pairs; n++) {
      const code = how.next();
      const kind = code >> 1;
      const of = kind === onlyB ? 1 : 0;
      const i = (last[of] += span.signed());
      const spans: [number, number] = of === 0 ? [i, kind === onlyA ? none : this.twins[0][i]!] : [none, i];
      time += at.signed();
      const back = cause.next();
      const word = rule.next();
      const above = back === 0 ? null : this.pairs[n - back]!;
      this.pairs.push({
        spans, at: time * this.head.unit_ns, how: kind, cause: above ? n - back : none,
        origin: above ? above.origin : n, rule: rules[word] ?? "",
        seen: word <= lastSeen && (above?.seen ?? true), ending: code % 2 === 1,
      });
      spans.forEach((s, run) => {
        if (s === none) return;
        this.pairOf[run]![s] = n;
        this.how[run]![s] = kind;
      });
    }
  }

  private stopsOf(): number[] {
    const stops: number[] = [];
    this.pairs.forEach((p, n) => {
      if (n === 0 || p.cause === none || (p.how !== moved && !p.ending)) stops.push(n);
    });
    return stops;
  }
}

/** How the two runs that the page shows compare; null if it shows one. */
export const comparison = signal<Comparison | null>(null);

/** The word for how a span differs. */
export const wordOf = (how: number): Change => words[how] ?? "";

/** A comparison of its deflated data, and of how many spans the runs have. */
export async function readComparison(bytes: Uint8Array<ArrayBuffer>, a: number, b: number): Promise<Comparison> {
  return new Comparison(await unpack<ComparisonHead>(bytes), a, b);
}
