// Many intervals along an axis, such that those in a part of it are found fast, and those too close to tell apart are
// met as one.

const fan = 8;

interface Level {
  low: Float64Array;
  high: Float64Array;
  /** The widest gap between what is in it. */
  gap: Float64Array;
}

/** What a walk meets: an item; or several that follow each other, of which item is the first, between low and high. */
export type Meet = (item: number, count: number, low: number, high: number) => void;

/** Groups of eight of what is in a level. */
function grouped(below: Level): Level {
  const n = Math.ceil(below.low.length / fan);
  const next: Level = { low: new Float64Array(n), high: new Float64Array(n), gap: new Float64Array(n) };
  next.low.fill(Infinity);
  next.high.fill(-Infinity);
  for (let i = 0; i < below.low.length; i++) {
    const g = Math.floor(i / fan);
    const low = below.low[i]!, high = below.high[i]!;
    const gap = i % fan === 0 ? 0 : low - next.high[g]!;
    if (gap > next.gap[g]!) next.gap[g] = gap;
    if (below.gap[i]! > next.gap[g]!) next.gap[g] = below.gap[i]!;
    if (low < next.low[g]!) next.low[g] = low;
    if (high > next.high[g]!) next.high[g] = high;
  }
  return next;
}

/** Items with their intervals, in the order in which they were given. */
export class Track {
  /** All items, their groups of eight, the groups' groups, and so on. */
  private readonly levels: Level[] = [];

  constructor(readonly items: Int32Array, low: (item: number) => number, high: (item: number) => number) {
    const n = items.length;
    let below: Level = { low: new Float64Array(n), high: new Float64Array(n), gap: new Float64Array(n) };
    for (let i = 0; i < n; i++) {
      below.low[i] = low(items[i]!);
      below.high[i] = high(items[i]!);
    }
    this.levels.push(below);
    while (below.low.length > 1) {
      const next = grouped(below);
      this.levels.push((below = next));
    }
  }

  /**
   * Meets what lies between from and to. Items that follow each other are met as one if all together take no more than
   * grain; and, where bars are drawn that would touch, if there is no wider gap between them.
   */
  walk(from: number, to: number, grain: number, meet: Meet, bars = false): void {
    if (this.items.length > 0) this.visit(this.levels.length - 1, 0, from, to, grain, meet, bars);
  }

  private visit(
    level: number, i: number, from: number, to: number, grain: number, meet: Meet, bars: boolean,
  ): void {
    const { low, high, gap } = this.levels[level]!;
    const begin = low[i]!, end = high[i]!;
    if (end < from || begin > to) return;
    if (level === 0) {
      meet(this.items[i]!, 1, begin, end);
      return;
    }
    if (end - begin <= grain || (bars && gap[i]! <= grain)) {
      const size = fan ** level;
      meet(this.items[i * size]!, Math.min(size, this.items.length - i * size), begin, end);
      return;
    }
    const below = this.levels[level - 1]!.low.length;
    const past = Math.min(below, (i + 1) * fan);
    for (let k = i * fan; k < past; k++) this.visit(level - 1, k, from, to, grain, meet, bars);
  }

  /** About how many items lie between from and to: right to a few hundredths of that part. */
  count(from: number, to: number): number {
    let n = 0;
    this.walk(from, to, (to - from) / 50, (_, count) => (n += count));
    return n;
  }
}
