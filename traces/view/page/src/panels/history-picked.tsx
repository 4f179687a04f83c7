// The operation that is looked at: what became of it, and why.

import { slice } from "../app/state.ts";
import { counted, milliseconds } from "../app/words.ts";
import { answerOf, askedOf, faultsOf, serverOf, stateWords, triesOf, type Operation } from "../model/history.ts";
import { none, type Run } from "../model/run.ts";
import { look, type Shown } from "./history-view.ts";

export function LookedAt({ h, operation }: { h: Shown; operation: number }) {
  const { run } = h;
  const op = h.history.operations[operation]!;
  const answer = answerOf(run, op);
  const server = serverOf(run, op);
  const follow = () => {
    look(h.number, op.span);
    slice.value = "both";
  };
  return (
    <div class="history-picked" aria-live="polite">
      <h2>
        {String(run.attribute(op.span, run.head.history.request) ?? run.processName(op.span))}: {askedOf(run, op)}
      </h2>
      <p>
        Asked at {milliseconds(run.start[op.span]!)}
        {answer === "" ? (
          <>, and without an answer.</>
        ) : (
          <>
            , answered <b>{answer}</b> after {milliseconds(run.end[op.span]! - run.start[op.span]!)}
            {server && ` by ${server}`}.
          </>
        )}
      </p>
      <p>{placeOf(run, op)}</p>
      <div class="history-buttons">
        <button type="button" onClick={follow}>
          Follow this operation
        </button>
        {op.chosen !== none && (
          <button type="button" onClick={() => look(h.number, op.chosen)}>
            To where it was agreed on
          </button>
        )}
        {op.applied !== none && (
          <button type="button" onClick={() => look(h.number, op.applied)}>
            To where it was applied first
          </button>
        )}
      </div>
      <Behind h={h} op={op} />
    </div>
  );
}

/** Its tries, and the faults that had a part in it. */
function Behind({ h, op }: { h: Shown; op: Operation }) {
  const { run } = h;
  const tries = triesOf(run, op);
  const faults = faultsOf(run, op);
  return (
    <>
      {tries.length > 0 && (
        <>
          <h3>{counted(tries.length, "try").replace("trys", "tries")}</h3>
          <ol class="history-list">
            {tries.slice(0, 50).map((t) => (
              <li key={t.span}>
                <button type="button" onClick={() => look(h.number, t.span)}>
                  {milliseconds(run.start[t.span]!)}
                </button>{" "}
                {t.server}: {t.answer}
                {t.counts && " (this is its answer)"}
              </li>
            ))}
          </ol>
          {tries.length > 50 && <p class="dim">{tries.length - 50} more are not listed.</p>}
        </>
      )}
      {faults.length > 0 && (
        <>
          <h3>Faults behind it</h3>
          <ul class="history-list">
            {faults.map((f) => (
              <li key={f}>
                <button type="button" onClick={() => look(h.number, f)}>
                  {milliseconds(run.start[f]!)}
                </button>{" "}
                {run.name(f)}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** When it took effect, or why that is not known. */
function placeOf(run: Run, op: Operation): string {
  const key = String(run.attribute(op.span, run.head.history.key) ?? "");
  const told = run.head.history.keys.find((k) => k.key === key);
  if (op.state === "misfit") return told?.text ?? stateWords.misfit;
  if (op.state !== "placed") {
    const words = stateWords[op.state];
    return `${words[0]!.toUpperCase()}${words.slice(1)}.`;
  }
  const when =
    op.from === op.to ? `at ${milliseconds(op.from)}` : `between ${milliseconds(op.from)} and ${milliseconds(op.to)}`;
  const where = op.position > 0 ? ` It stands at ${run.head.position.word} ${op.position}.` : "";
  return `It took effect ${when}, ${nth(op.rank)} on key “${key}”.${where}`;
}

/** Which of the operations of a key it is, given how many are before it. */
function nth(before: number): string {
  return before === 0 ? "as the first of the operations" : `after ${before === 1 ? "one" : before} of the operations`;
}
