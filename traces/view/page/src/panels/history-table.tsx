// The clients' history as a table, a part at a time.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { milliseconds } from "../app/words.ts";
import { answerOf, askedOf, faultsOf, serverOf, triesOf, type Operation } from "../model/history.ts";
import { none } from "../model/run.ts";
import { look, looked, type Shown } from "./history-view.ts";

const page = 20;

/** The signs for what is known, with the words in the column's title. */
const words: Record<Operation["state"], string> = {
  placed: "in order",
  misfit: "does not fit",
  after: "after the misfit",
  failed: "no effect",
  unknown: "not known",
  untried: "undecided",
};

export function Operations({ h }: { h: Shown }) {
  const first = useSignal(0);
  const all = h.history.operations.length;
  useEffect(() => {
    const at = looked.value; // what is looked at is in the table
    if (at !== none) first.value = Math.floor(at / page) * page;
  }, [looked.value]);
  const last = Math.min(all, first.value + page);
  const rows = h.history.operations.slice(first.value, last);
  return (
    <div>
      <div class="history-head">
        <h2>All operations</h2>
        <span class="dim">
          {first.value + 1} to {last} of {all.toLocaleString("en")}, in the order of their asking
        </span>
        {all > page && (
          <span class="pair">
            <button
              type="button"
              aria-label="earlier operations"
              aria-disabled={first.value === 0}
              onClick={() => (first.value = Math.max(0, first.value - page))}
            >
              ←
            </button>
            <button
              type="button"
              aria-label="later operations"
              aria-disabled={last >= all}
              onClick={() => last < all && (first.value += page)}
            >
              →
            </button>
          </span>
        )}
      </div>
      <div class="history-scroll" tabIndex={0} role="region" aria-label="All operations, as a table">
        <table>
          <caption class="history-hidden">What the clients asked for and were answered</caption>
          <thead>
            <tr>
              {["operation", "asked", "what", "answer", "took", "by", "tries", "faults", "took effect"].map((t) => (
                <th key={t} scope="col">
                  {t}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((op, k) => (
              <Row key={op.span} h={h} op={op} on={looked.value === first.value + k} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Row({ h, op, on }: { h: Shown; op: Operation; on: boolean }) {
  const { run } = h;
  const answer = answerOf(run, op);
  return (
    <tr class={on ? "history-on" : ""} aria-current={on ? "true" : undefined}>
      <th scope="row">
        <button type="button" onClick={() => look(h.number, op.span)}>
          {String(run.attribute(op.span, run.head.history.request) ?? run.processName(op.span))}
        </button>
      </th>
      <td>{milliseconds(run.start[op.span]!)}</td>
      <td>{askedOf(run, op)}</td>
      <td>{answer === "" ? <span class="dim">none</span> : answer}</td>
      <td>{milliseconds(run.end[op.span]! - run.start[op.span]!)}</td>
      <td>{serverOf(run, op) || "–"}</td>
      <td>{triesOf(run, op).length}</td>
      <td>{faultsOf(run, op).length}</td>
      <td class={op.state === "misfit" ? "history-bad" : ""}>
        {op.state === "placed" ? milliseconds(op.from) : words[op.state]}
      </td>
    </tr>
  );
}
