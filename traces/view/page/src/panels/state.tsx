// The panel of states: what each process holds at the cursor, from the trace alone, and what changed there.

import { playing } from "../app/transport.ts";
import { counted, milliseconds } from "../app/words.ts";
import { Grid } from "./state-grid.tsx";
import { OpenRows, Store } from "./state-tables.tsx";
import { Scalars } from "./state-scalars.tsx";
import { groupsOf, view, type View } from "./state-view.ts";
import { WhichRun } from "./which.tsx";
import "./state.css";

export function StatePanel() {
  const v = view.value;
  if (!v) return <p class="dim">There is no run.</p>;
  if (v.states.count === 0) return <p class="dim">This trace does not tell what its processes hold.</p>;
  const { fields } = v.states;
  const of = (is: (k: number) => boolean) => fields.map((_, k) => k).filter(is);
  return (
    <div class="state">
      <WhichRun />
      <Where v={v} />
      {groupsOf(v.states).map((g) => (
        <Scalars key={g.fields.join()} v={v} group={g} />
      ))}
      {of((k) => fields[k]!.kind === "table" && fields[k]!.numbered && v.states.cells.some((c) => c.field === k)).map(
        (k) => (
          <Grid key={k} v={v} field={k} />
        ),
      )}
      {of((k) => fields[k]!.kind === "store").map((k) => (
        <Store key={k} v={v} field={k} />
      ))}
      {of((k) => fields[k]!.kind === "table" && !fields[k]!.numbered).map((k) => (
        <OpenRows key={k} v={v} field={k} />
      ))}
    </div>
  );
}

/** Where the run stands, and how much changed there. */
function Where({ v }: { v: View }) {
  const { run, moments } = v;
  if (moments === 0) return <p aria-live="polite">Before the first moment.</p>;
  const m = run.moments[moments - 1]!;
  return (
    <p aria-live={playing.value ? "off" : "polite"}>
      After moment {moments.toLocaleString("en")} of {run.moments.length.toLocaleString("en")}, at{" "}
      {milliseconds(run.timeOf(moments - 1))}: {run.processName(m >> 1)} {m % 2 === 0 ? "begins" : "ends"}{" "}
      {run.name(m >> 1)}.{" "}
      <span class={v.changed.size > 0 ? "state-new" : "dim"}>{counted(v.changed.size, "change")}</span>
    </p>
  );
}
