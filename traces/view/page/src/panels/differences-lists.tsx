// Lists of what differs between two runs: values side by side, and what users saw.

import { milliseconds } from "../app/words.ts";
import type { Difference, OperationChange, ValueChange } from "../model/difference.ts";
import { signed } from "./differences-words.ts";

/** Values that differ, of A and of B side by side; nothing if there are none. */
export function Changes({ title, all, more = 0 }: { title: string; all: ValueChange[]; more?: number }) {
  if (all.length === 0) return null;
  return (
    <section>
      {title && <h3>{title}</h3>}
      <table class="changes" aria-label={title || "What differs"}>
        <AB />
        <tbody>
          {all.map((f, i) => (
            <tr key={i}>
              <th scope="row">{f.name}</th>
              <td class="value">{f.a || <Nothing />}</td>
              <td class="value">{f.b || <Nothing />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More n={more} />
    </section>
  );
}

/** The head of a table with what, A and B. */
export function AB() {
  return (
    <thead>
      <tr><th scope="col"><span class="unseen">What</span></th><th scope="col">A</th><th scope="col">B</th></tr>
    </thead>
  );
}

/** What stands where a run has no value. */
export const Nothing = () => <span class="dim">none</span>;

export function More({ n }: { n: number }) {
  return n > 0 ? <p class="dim">and {n.toLocaleString("en")} more</p> : null;
}

type MoreOf = { operations: number; leaders: number; log: number; store: number };

/** What users saw otherwise, and what the runs came to. */
export function Users({ d, more }: { d: Difference; more: MoreOf }) {
  const u = d.users;
  const nothing = u.operations.length + u.leaders.length + u.log.length + u.store.length + u.violations.length === 0;
  return (
    <section>
      <h3>What users saw</h3>
      {nothing && (
        <p>The same: each operation, who led, the log and the store at the end, as far as the traces have them.</p>
      )}
      {u.operations.length > 0 && <Operations all={u.operations} more={more.operations} />}
      <Changes title="Invariants that do not hold, since" all={u.violations} />
      <Changes title="Who led" all={u.leaders} more={more.leaders} />
      <Changes title="The log at the end" all={u.log} more={more.log} />
      <Changes title="The store at the end" all={u.store} more={more.store} />
    </section>
  );
}

function Operations({ all, more }: { all: OperationChange[]; more: number }) {
  return (
    <>
      <table class="changes" aria-label="Operations that went otherwise">
        <thead>
          <tr>{["operation", "answer", "latency", "tries"].map((w) => <th key={w} scope="col">{w}</th>)}</tr>
        </thead>
        <tbody>
          {all.map((o) => (
            <tr key={o.request}>
              <th scope="row">{o.request}<br />{arrow(o.command_a ?? "", o.command_b ?? "")}</th>
              <td class="value">{arrow(o.result_a ?? "", o.result_b ?? "")}</td>
              <td>{latency(o.latency_a_ns, o.latency_b_ns)}</td>
              <td>{arrow(String(o.tries_a), String(o.tries_b))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More n={more} />
    </>
  );
}

/** Both values, or the one that both have. */
const arrow = (a: string, b: string): string => (a === b ? a : `${a || "none"} → ${b || "none"}`);

function latency(a: number | undefined, b: number | undefined): string {
  if (a === undefined) return `${milliseconds(b!)}, only in B`;
  if (b === undefined) return `${milliseconds(a)}, only in A`;
  return a === b ? milliseconds(a) : `${milliseconds(a)} → ${milliseconds(b)} (${signed(b - a)})`;
}
