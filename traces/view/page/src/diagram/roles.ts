// The role and the term of each process over time, and when it is down, as far as the spans tell.

import { none, type Run } from "../model/run.ts";

/** A stretch of a process's life: from one moment's place in the order to another's. */
export interface Stretch {
  from: number;
  to: number;
  role: string;
  term: string;
}

export interface Down {
  from: number;
  to: number;
  word: string;
}

/** How a role looks: the one that leads, one that stands for election, or any other. */
export type Standing = "leads" | "stands" | "other";

export interface Lives {
  /** Of each process, its stretches, in ascending order. */
  stretches: Stretch[][];
  down: Down[][];
  /** Of each role. */
  standing: Map<string, Standing>;
  /** Of each role, its letter, or as many letters as tell it from the others. */
  letters: Map<string, string>;
}

const all = new WeakMap<Run, Lives>();

export function livesOf(run: Run): Lives {
  let lives = all.get(run);
  if (!lives) all.set(run, (lives = tell(run)));
  return lives;
}

function tell(run: Run): Lives {
  const stretches: Stretch[][] = run.head.processes.map(() => []);
  const standing = new Map<string, Standing>();
  const server = run.head.processes.map((p) => p.kind === "server");
  for (let i = 0; i < run.spans; i++) {
    const p = run.process[i]!;
    if (!server[p]) continue;
    const role = run.attribute(i, run.head.role), term = run.attribute(i, run.head.term.key);
    if (role === undefined && term === undefined) continue;
    const list = stretches[p]!;
    const last = list[list.length - 1];
    const now = {
      role: role === undefined ? (last?.role ?? "") : String(role),
      term: term === undefined ? (last?.term ?? "") : String(term),
    };
    note(standing, run.markOf(i), now.role);
    if (last && last.role === now.role && last.term === now.term) continue;
    const from = run.place[2 * i]!;
    if (last) last.to = from;
    list.push({ from, to: run.moments.length, ...now });
  }
  const roles = [...standing.keys()].filter((r) => r !== "");
  return { stretches, down: downTimes(run), standing, letters: lettersOf(roles) };
}

function note(standing: Map<string, Standing>, mark: string, role: string): void {
  if (mark === "leads") standing.set(role, "leads");
  else if (mark === "election" && standing.get(role) !== "leads") standing.set(role, "stands");
  else if (!standing.has(role)) standing.set(role, "other");
}

/** The fewest letters from the beginning that tell each name from the others. */
export function lettersOf(names: readonly string[]): Map<string, string> {
  const letters = new Map<string, string>();
  for (const name of names) {
    let n = 1;
    while (n < name.length && names.some((o) => o !== name && o.slice(0, n) === name.slice(0, n))) n++;
    letters.set(name, name.slice(0, 1).toUpperCase() + name.slice(1, n));
  }
  return letters;
}

const stops: Record<string, string> = {
  crash: "down", lose_unsynced: "down", rollback: "down", pause: "paused",
};

/** When processes are down or paused: from a fault until they start again, or take something in. */
function downTimes(run: Run): Down[][] {
  const down: Down[][] = run.head.processes.map(() => []);
  const open: (Down | null)[] = run.head.processes.map(() => null);
  const byName = new Map(run.head.processes.map((p, i) => [p.name, i]));
  for (let i = 0; i < run.spans; i++) {
    const place = run.place[2 * i]!;
    const mark = run.markOf(i);
    if (mark !== "fault") {
      const p = run.process[i]!;
      const ends = open[p];
      if (ends && run.head.processes[p]!.kind !== "world") {
        ends.to = place;
        open[p] = null;
      }
      continue;
    }
    const p = byName.get(String(run.attribute(i, "raftkv.fault.target") ?? "")) ?? none;
    const word = stops[String(run.attribute(i, "raftkv.fault") ?? "")];
    if (p === none || !word || open[p]) continue;
    const stretch = (open[p] = { from: place, to: run.moments.length, word });
    down[p]!.push(stretch);
  }
  return down;
}
