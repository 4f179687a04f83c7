// The panel of the clients' history: each operation as a bar from its asking to its answer, and where in between it
// took effect; or, where no order explains all answers, which one does not fit, and why.

import { counted } from "../app/words.ts";
import { none, type Run } from "../model/run.ts";
import { HistoryChart } from "./history-chart.tsx";
import { LookedAt } from "./history-picked.tsx";
import { Operations } from "./history-table.tsx";
import { asDiagram, history, look, looked, type Shown } from "./history-view.ts";
import { WhichRun } from "./which.tsx";
import "./history.css";

export function HistoryPanel() {
  const h = history.value;
  if (!h || h.history.operations.length === 0) return <p class="dim">This trace has no operations of clients.</p>;
  return (
    <div class="history">
      <WhichRun />
      <Verdict h={h} />
      <label class="history-check">
        <input
          type="checkbox"
          checked={asDiagram.value}
          onChange={(e) => (asDiagram.value = e.currentTarget.checked)}
        />
        Draw only the part that the diagram shows
      </label>
      <HistoryChart h={h} />
      {looked.value !== none && <LookedAt h={h} operation={looked.value} />}
      <Operations key={h.run.head.name} h={h} />
    </div>
  );
}

/** What is known of the whole history, and of each key of which it is not that all is well. */
function Verdict({ h }: { h: Shown }) {
  const { keys, operations } = h.run.head.history;
  const broken = keys.filter((k) => k.verdict === "broken"),
    open = keys.filter((k) => k.verdict === "undecided");
  const well = keys.length - broken.length - open.length;
  return (
    <div class="history-verdict">
      <p>
        {counted(operations, "operation")} on {counted(keys.length, "key")}.{" "}
        {broken.length === 0 && open.length === 0 ? (
          <>
            Linearizable: for each key an order of the operations, each between its asking and its answer, explains
            all answers.
          </>
        ) : (
          <>
            An order explains all answers on {well} of {counted(keys.length, "key")}.
          </>
        )}
      </p>
      {broken.map((k) => (
        <div key={k.key} class="history-broken">
          <p>
            <b>Key “{k.key}” is not linearizable.</b> {k.text}
          </p>
          {k.misfit !== none && (
            <button type="button" onClick={() => look(h.number, k.misfit)}>
              Show the answer that does not fit
            </button>
          )}
        </div>
      ))}
      {open.map((k) => (
        <p key={k.key} class="history-open">
          <b>Key “{k.key}”:</b> {k.text}
        </p>
      ))}
      <Stopped run={h.run} number={h.number} />
    </div>
  );
}

/** What the run itself said, if it stopped at a violation. */
function Stopped({ run, number }: { run: Run; number: number }) {
  const mark = run.head.marks.indexOf("violation");
  const span = run.mark.indexOf(mark);
  if (mark < 0 || span < 0) return null;
  return (
    <p>
      The run stopped at a violation: {(run.statusText(span) || run.name(span)).replace(/\.$/, "")}.{" "}
      <button type="button" onClick={() => look(number, span)}>
        Go there
      </button>
    </p>
  );
}
