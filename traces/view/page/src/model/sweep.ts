// What a sweep came to: the JSON that cmd/sweep writes with -json.

import type { Counts } from "./plots.ts";

/** The parts of a sweep's report that the page shows: cmd/internal/commands/sweep/report.go. */
export interface Sweep {
  format: string;
  build: string;
  protocol?: string;
  run: string;
  seeds: { first: number; last: number };
  shard: { index: number; of: number };
  done: number;
  stopped: boolean;
  figures: Figures;
  violations: { seed: number; invariant: string; at: string; facts: string[]; lying_disk?: boolean }[] | null;
  panics?: { seed: number; at: string; reason: string }[];
  findings?: unknown[];
}

export interface Figures {
  events: number;
  messages: number;
  commits: number;
  lost: number;
  duplicated: number;
  operations: number;
  unfinished: number;
  elections: Counts;
  first_leader_us: Counts;
  retries: Counts;
  messages_per_commit: Counts;
  faults: Counts;
  latency_us: Counts;
  sometimes: Record<string, number>;
}

const format = "raftkv-sweep-1";

/** Reads a sweep's JSON. It fails with a sentence for a person. */
export function readSweep(text: string): Sweep {
  const sweep = JSON.parse(text) as Sweep;
  if (sweep.format !== format)
    throw new Error(`the sweep is of the format ${sweep.format}, and this page reads ${format}`);
  return sweep;
}

/** Counted values as numbers. */
export const pairs = (counts: Counts): [number, number][] =>
  Object.entries(counts).map(([value, n]) => [Number(value), n]);
