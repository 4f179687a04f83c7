// The lines for a shell that do something with a span.

import type { Commands } from "./head.ts";
import type { Run } from "./run.ts";

export interface Command {
  /** What it does, as in "run again without this message". */
  does: string;
  line: string;
}

const senders = new WeakMap<Run, Set<number>>();

/** Says whether a span names a message: one that it sends as it begins, or its answer. */
export function namesMessage(run: Run, span: number): boolean {
  let all = senders.get(run);
  if (!all) {
    all = new Set();
    for (const from of run.arrows.from) all.add(from >> 1);
    senders.set(run, all);
  }
  return all.has(span);
}

/** The commands for a span: those on its message only if it names one. */
export function commandsFor(run: Run, span: number): Command[] {
  const c = run.head.commands;
  const message = run.kind(span) === "server" ? "its reply" : "this message";
  const all: Command[] = [];
  if (namesMessage(run, span)) {
    all.push(
      { does: `run again without ${message}`, line: c.drop },
      { does: `run again with ${message} delayed`, line: c.delay },
      { does: `run again with ${message} duplicated`, line: c.dup },
    );
  }
  all.push({ does: "explain it", line: c.explain }, { does: "show this page again", line: c.show });
  const id = run.id(span);
  return all.filter((one) => one.line).map((one) => ({
    does: one.does, line: one.line === c.show ? one.line : withId(one.line, id, one.line === c.explain),
  }));
}

/** The commands for a run. */
export function commandsOfRun(c: Commands): Command[] {
  const all = [{ does: "run it again", line: c.run }, { does: "show this page again", line: c.show }];
  return all.filter((one) => one.line);
}

/** A line with the id of a span in place of the first word ID, or the last one; as in ID=40ms, too. Quotes are kept. */
export function withId(line: string, id: string, last = false): string {
  const places = [...line.matchAll(/'[^']*'|\\.|(?<=^|\s)ID(?=$|[\s=])/g)].filter((m) => m[0] === "ID");
  const place = last ? places.at(-1) : places[0];
  return place ? line.slice(0, place.index) + id + line.slice(place.index + 2) : line;
}
