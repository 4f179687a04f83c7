// Which of two runs a panel shows that shows one.

import { computed, signal } from "@preact/signals";
import { runs } from "../app/state.ts";

const wanted = signal(0);

/** The number of the run that is shown: 0, or 1 of two. */
export const which = computed(() => Math.max(0, Math.min(wanted.value, runs.value.length - 1)));

/** A choice between the runs; nothing where there is one. */
export function WhichRun() {
  if (runs.value.length < 2) return null;
  return (
    <label>
      Run{" "}
      <select value={String(which.value)} onChange={(e) => (wanted.value = Number(e.currentTarget.value))}>
        {runs.value.map((r, i) => (
          <option key={i} value={String(i)}>
            {r.head.name}
          </option>
        ))}
      </select>
    </label>
  );
}
