// What differs between two runs, in words: as the command that compares runs says it.

import { counted, milliseconds } from "../app/words.ts";
import type { Across, Change, Consequences, Difference, Rule, Tally } from "../model/difference.ts";

/** A time with its sign. */
export const signed = (ns: number): string => (ns >= 0 ? "+" : "−") + milliseconds(Math.abs(ns));

/** The mark of a change, which stands for it beside its word. */
export const marks: Record<Change, string> = {
  "": "=", "only in A": "−", "only in B": "+", changed: "~", moved: "›",
};

/** How many spans differ, and how. */
export function tallied(t: Tally): string {
  const parts: string[] = [];
  if (t.only_a > 0) parts.push(`${t.only_a.toLocaleString("en")} only in A`);
  if (t.only_b > 0) parts.push(`${t.only_b.toLocaleString("en")} only in B`);
  if (t.changed > 0) parts.push(`${t.changed.toLocaleString("en")} changed`);
  if (t.moved > 0) parts.push(`${t.moved.toLocaleString("en")} moved by ${between(t.moved_least_ns, t.moved_most_ns)}`);
  let text = counted(t.spans, "span");
  text += parts.length === 1 ? " " + parts[0]!.replace(/^\S+ /, "") : parts.length > 1 ? ": " + parts.join(", ") : "";
  if (t.ending > 0) {
    const some = t.ending === t.spans ? "" : `${t.ending.toLocaleString("en")} `;
    text += ` (${some}after the end of the other run)`;
  }
  return text;
}

const between = (least: number, most: number) =>
  signed(least) === signed(most) ? signed(least) : `${signed(least)} to ${signed(most)}`;

/** Of how many spans the traces show that they come of what they stand below. */
export function seen(t: Tally): string {
  if (t.possible === 0) return "";
  if (t.possible === t.spans) return "The traces show this for none of them: it is only possible.";
  const sure = (t.spans - t.possible).toLocaleString("en"), rest = t.possible.toLocaleString("en");
  return `The traces show this for ${sure} of them; for the other ${rest} it is only possible.`;
}

const because: Record<Rule, string> = {
  "": "",
  parent: "its process did the other, which opened it",
  message: "it handles a message that the other sent",
  reply: "the other answers it",
  fault: "the other is a fault of its process or its message",
  down: "its process was down in one of the runs",
  step: "its process did the other before it in the same step",
  lost: "its message was lost, and the other is the last fault before that",
  below: "it is further below the other",
  busy: "its process was busy with the other",
  process: "the other is the last that its process did otherwise before",
  run: "the other is the last that any process did otherwise before",
};

/** Why one difference is taken to come of another. */
export const why = (rule: Rule, sure: boolean): string =>
  because[rule] === "" ? "" : `${sure ? "because" : "perhaps because"} ${because[rule]}`;

/** The rules of which the traces show that they hold. */
export const isSeen = (rule: Rule): boolean =>
  ["", "parent", "message", "reply", "fault", "down", "step"].includes(rule);

/** What of the runs is not compared, or not exactly: sentences. */
export function lookedAt(d: Difference): string[] {
  const all: string[] = [];
  if (d.aligned_by !== "ids") {
    all.push(
      "The ids of the two are made of something else: spans are taken for the same by what they are, client and " +
        "operation, number and peer.",
    );
  }
  if (d.resolution_ns) all.push("Times are compared to the microsecond: a trace that Jaeger wrote has no finer ones.");
  for (const run of [d.a, d.b]) if (run.part) all.push(`${run.name} may be a part of a run: ${run.part}.`);
  if (d.a.build !== d.b.build) {
    const named = (build: string) => build || "one that is not named";
    all.push(`The runs are of different builds: ${named(d.a.build)} and ${named(d.b.build)}.`);
  }
  return all;
}

/** What differs and comes of nothing that differs before it. */
export const elsewhereSaid = (c: Consequences, d: Difference): string =>
  d.first && ["draw", "config", "code"].includes(d.first.reason.kind)
    ? "As far as the traces show, it comes not of the first divergence but of what made that, which acts in more " +
      "than one place."
    : c.spans === 1
      ? "The traces show nothing that it comes of."
      : "The traces show nothing that they come of.";

/** How many operations two protocols have in common, and how many got the same answer. */
export function workload(a: Across): string {
  const both = a.operations.filter((o) => o.a && o.b && o.a.command === o.b.command);
  const alike = both.filter((o) => o.a!.result === o.b!.result);
  if (both.length === 0) return "no operation is the same in both runs";
  if (alike.length === both.length && both.length === a.operations.length) return "every operation has the same answer";
  return `${both.length.toLocaleString("en")} of ${counted(a.operations.length, "operation")} are the same in both ` +
    `runs, and ${alike.length.toLocaleString("en")} of these have the same answer`;
}
