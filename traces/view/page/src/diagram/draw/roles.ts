// The role and the term of each process over time, and when it is down, as far as the spans tell.

import { none, type Run } from "../../model/run.ts";
import { intervals, type Interval } from "../../model/states.ts";

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
  const down = downTimes(run);
  const tells = (run.head.changes ?? 0) > 0; // else the spans are all there is
  run.head.processes.forEach((p, i) => {
    if (!server[i] || !tells) return;
    stretches[i] = stretchesTold(run, i, p.group);
    const status = run.head.fields?.find((f) => f.kind === "status" && f.groups.includes(p.group));
    const states = status ? intervals(run, i, status.name) : [];
    if (states.length > 0) down[i] = downTold(states);
  });
  for (const list of stretches) for (const s of list) if (!standing.has(s.role)) standing.set(s.role, "other");
  const roles = [...standing.keys()].filter((r) => r !== "");
  return { stretches, down, standing, letters: lettersOf(roles) };
}

/** The name of the field of a group that has what an attribute tells: that of its last part, or of its word. */
function fieldFor(run: Run, group: string, key: string, word: string): string {
  const last = key.slice(key.lastIndexOf(".") + 1);
  const fields = (run.head.fields ?? []).filter((f) => f.kind === "scalar" && f.groups.includes(group));
  return (fields.find((f) => f.name === last) ?? fields.find((f) => word !== "" && f.word.endsWith(word)))?.name ?? "";
}

/** The stretches of a process as its state tells them; empty if it does not. */
function stretchesTold(run: Run, process: number, group: string): Stretch[] {
  const roles = intervals(run, process, fieldFor(run, group, run.head.role, ""));
  const terms = intervals(run, process, fieldFor(run, group, run.head.term.key, run.head.term.word));
  const cuts = new Set<number>();
  for (const i of [...roles, ...terms]) cuts.add(i.after).add(i.before);
  const ascending = [...cuts].sort((a, b) => a - b);
  const all: Stretch[] = [];
  let r = 0, t = 0;
  const valueAt = (list: Interval[], k: number, after: number) => {
    const i = list[k];
    return i && i.after <= after && after < i.before ? i.value : "";
  };
  for (let k = 0; k + 1 < ascending.length; k++) {
    const after = ascending[k]!;
    while (r + 1 < roles.length && roles[r + 1]!.after <= after) r++;
    while (t + 1 < terms.length && terms[t + 1]!.after <= after) t++;
    const role = valueAt(roles, r, after), term = valueAt(terms, t, after);
    if (role !== "" || term !== "") all.push({ from: after - 1, to: ascending[k + 1]! - 1, role, term });
  }
  return all;
}

/** When a process is not up. */
function downTold(states: readonly Interval[]): Down[] {
  return states.filter((s) => s.value !== "up").map((s) => ({ from: s.after - 1, to: s.before - 1, word: s.value }));
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
