// The keys of the laboratory.

import type { Key } from "../app/keys.ts";
import { chosen, runs, spanAtCursor, type Chosen } from "../app/state.ts";
import { none } from "../model/run.ts";
import { backToBase, cancel, changeMessage, explain, harm, run, takeAsBase } from "./actions.ts";
import type { Change } from "./setup.ts";
import { compares, form } from "./state.ts";
import type { Harm } from "./toml.ts";

/** The key of each thing that one does to the chosen message. */
export const changeKeys: Record<Change["does"], string> = { drop: "x", delay: "w", duplicate: "u" };

/** The key of each thing that happens to a process at the cursor. */
export const harmKeys: Record<Harm, string> = {
  crash: "Shift+X", restart: "Shift+R", isolate: "Shift+I", heal: "Shift+H", pause: "Shift+P",
};

const group = "Laboratory";

/** All keys of the laboratory. */
export function actionKeys(): Key[] {
  const change = (does: Change["does"], words: string): Key => ({
    key: changeKeys[does], does: `run again ${words}`, group, run: () => { withChosen((c) => changeMessage(c, does)); },
  });
  return [
    { key: "r", does: "run", group, run: () => void run() },
    { key: "q", does: "cancel what is carried out", group, run: cancel },
    change("drop", "without the chosen message"), change("delay", "with it delayed"),
    change("duplicate", "with it twice"),
    ...(Object.entries(harmKeys) as [Harm, string][]).map(([what, key]) => ({
      key, does: `run again, and ${what} a process at the cursor`, group, run: () => { harm(what); },
    })),
    { key: "g", does: "explain what is chosen", group, run: () => { withChosen((c) => void explain(c)); } },
    { key: "v", does: "compare the next run with this one, or not", group,
      run: () => (compares.value = !compares.value) },
    { key: "b", does: "take run B as the base", group, run: () => void takeAsBase() },
    { key: "Shift+B", does: "go back to run A", group, run: () => void backToBase() },
    { key: "Shift+U", does: "undo all changes of the config", group,
      run: () => (form.value = { ...form.value, toml: null }) },
  ];
}

/** Does something with what is chosen, or else happened last. */
function withChosen(does: (c: Chosen) => void): void {
  const span = spanAtCursor();
  const c = chosen.value ?? (runs.value.length > 0 && span !== none ? { run: 0, span } : null);
  if (c) does(c);
}
