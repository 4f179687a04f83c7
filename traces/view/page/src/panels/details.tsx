// What the trace says of the chosen span.

import { chosen, runs } from "../app/state.ts";

export function DetailsPanel() {
  const c = chosen.value;
  const run = c && runs.value[c.run];
  if (!c || !run) return <p class="dim">Click an event in the diagram or a line of the story: what the trace says of it stands here.</p>;
  return <h2>{run.name(c.span)}</h2>;
}
