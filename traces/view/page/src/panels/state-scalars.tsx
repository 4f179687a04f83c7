// Single values: a row for each process, a column for each field.

import { none } from "../model/run.ts";
import type { Run } from "../model/run.ts";
import { hueOf, type Group, type View } from "./state-view.ts";

export function Scalars({ v, group }: { v: View; group: Group }) {
  const { states, run } = v;
  const names = [...new Set(group.processes.map((p) => run.head.processes[p]!.group))];
  return (
    <div class="state-scroll" tabIndex={0} role="region" aria-label={`Values of each ${names.join(" and ")}`}>
      <table class="state-scalars">
        <caption class="state-hidden">What each {names.join(" and ")} holds</caption>
        <thead>
          <tr>
            <th scope="col">process</th>
            {group.fields.map((f) => (
              <th key={f} scope="col" title={states.fields[f]!.doc}>
                {states.fields[f]!.word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {group.processes.map((p) => (
            <tr key={p} class={v.at.value(p, statusField(v)) === "down" ? "state-down" : ""}>
              <th scope="row">{run.head.processes[p]!.name}</th>
              {group.fields.map((f) => (
                <Scalar key={f} v={v} process={p} field={f} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const statusField = (v: View) => v.states.fields.findIndex((f) => f.kind === "status");

function Scalar({ v, process, field }: { v: View; process: number; field: number }) {
  const { states } = v;
  const f = states.fields[field]!;
  const text = v.at.value(process, field);
  const slot = states.cell(process, field)?.slots[0];
  const changed = slot !== undefined && v.changed.has(slot);
  return (
    <td class={changed ? "state-changed" : ""}>
      {text === undefined ? (
        <span class="dim">
          <span aria-hidden="true">–</span>
          <span class="state-hidden">not known</span>
        </span>
      ) : (
        <span class={lookOf(v.run, f.kind, f.name, text)}>{text === "" ? "none" : text}</span>
      )}
      {changed && <span class="state-hidden">, changed</span>}
    </td>
  );
}

/** How a value looks: a role as the diagram has it, a term or a ballot in its hue, a status by whether it is well. */
function lookOf(run: Run, kind: string, name: string, text: string): string {
  if (kind === "status")
    return `state-status state-status-${text === "up" ? "up" : text === "paused" ? "paused" : "down"}`;
  if (name === "role") return `state-role state-role-${rolesOf(run).get(text) ?? "other"}`;
  if (name === run.head.term.word) return `state-term state-hue-${hueOf(text)}`;
  return "";
}

const known = new WeakMap<Run, Map<string, "leads" | "stands">>();

/** The roles of those that lead, and of those that stand for election. */
function rolesOf(run: Run): Map<string, "leads" | "stands"> {
  let roles = known.get(run);
  if (!roles) {
    known.set(run, (roles = new Map()));
    const leads = run.head.marks.indexOf("leads"),
      stands = run.head.marks.indexOf("election");
    for (let span = 0; span < run.spans; span++) {
      const mark = run.mark[span]!;
      if (mark === none || (mark !== leads && mark !== stands)) continue;
      const role = run.attribute(span, run.head.role);
      if (typeof role !== "string") continue;
      if (mark === leads) roles.set(role, "leads");
      else if (!roles.has(role)) roles.set(role, "stands");
    }
  }
  return roles;
}
