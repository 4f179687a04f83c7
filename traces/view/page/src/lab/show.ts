// Shows runs that were made in the page: everything that depends on which runs there are begins anew.

import { batch } from "@preact/signals";
import { chain, chosen, cursor, moveCursor, runs, shown, slice, whole } from "../app/state.ts";
import { playing, reveal } from "../app/transport.ts";
import { hovered } from "../diagram/picture.ts";
import { comparison, type Comparison } from "../model/comparison.ts";
import type { Run } from "../model/run.ts";
import { stopsOf } from "../panels/differences-go.ts";
import { picked } from "../panels/state-view.ts";
import { showViolation } from "../panels/violation.tsx";

/** Shows a run, or two that are compared: then the cursor is where they part. */
export function showRuns(a: Run, b: Run | null, compared: Comparison | null): void {
  batch(() => {
    const stays = runs.value[0] === a, all = isWhole();
    playing.value = false;
    hovered.value = null;
    chosen.value = picked.value = null;
    slice.value = "none";
    chain.value = [];
    runs.value = b ? [a, b] : [a];
    comparison.value = compared;
    if (!stays) cursor.value = 0;
    if (!stays || all) shown.value = whole();
  });
  if (compared) showParting(compared, a);
  else if (!b) showViolation();
}

/** Goes to the first difference. */
function showParting(compared: Comparison, a: Run): void {
  const first = stopsOf(compared, a)[0];
  if (!first) return;
  batch(() => {
    moveCursor(first.place);
    chosen.value = first.chosen;
  });
  reveal();
}

function isWhole(): boolean {
  const all = whole();
  return shown.value.from <= all.from && shown.value.to >= all.to;
}
