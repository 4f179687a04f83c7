// What explain says of a span, as prose beside the diagram, and its chain of causes on it.

import { chain, runs, slice } from "../app/state.ts";
import { milliseconds } from "../app/words.ts";
import { chainOf, explainedOf } from "../model/explained.ts";
import { none } from "../model/run.ts";
import { goTo } from "./differences-go.ts";
import "./violation.css";

/** What spans are of which explain says something here. */
const asked = ["violation", "fault", "leads", "election", "operation", "chosen"];

/** What explain says of a span; nothing if the page does not have it. */
export function Explanation({ which, span }: { which: number; span: number }) {
  const run = runs.value[which];
  const said = run && explainedOf(run, span);
  if (run && !said && run.head.unsaid && asked.includes(run.markOf(span))) {
    return <p class="dim">{run.head.unsaid} The command below says it of this one.</p>;
  }
  if (!run || !said) return null;
  const on = slice.value === "chain";
  const show = () => {
    if (on) {
      slice.value = "none";
      return;
    }
    chain.value = runs.value.map((_, i) => (i === which ? chainOf(said) : null));
    slice.value = "chain";
  };
  return (
    <section class="explanation">
      <h3>Why</h3>
      <p>{said.answer}</p>
      <button type="button" aria-pressed={on} onClick={show}>Show these events on the diagram, the rest dimmed</button>
      {said.parts.map((part, i) => (
        <section key={i}>
          <h4>{part.title}</h4>
          <ul class="plain">
            {part.steps.map((step, k) => (
              <li key={k}>
                <button
                  type="button" class="cause" disabled={step.span === none}
                  onClick={() => goTo({ run: which, span: step.span })}
                >
                  <span class="dim">{milliseconds(step.at_ns)}{part.took && " long"}</span>
                  <span>{step.text}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}
