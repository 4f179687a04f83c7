// The page begins here: it reads what it holds, and draws it.

import { render } from "preact";
import { App, startShell } from "./app/app.tsx";
import { problems, runs, shown, tab, whole } from "./app/state.ts";
import { laboratoryOf } from "./lab/client.ts";
import { startLaboratory } from "./lab/start.ts";
import { comparison, readComparison } from "./model/comparison.ts";
import { loadRuns, part, problem } from "./model/load.ts";
import { readSweep } from "./model/sweep.ts";
import { startDifferences } from "./panels/differences-go.ts";
import { SweepPage } from "./panels/plots-sweep.tsx";
import { openViolation } from "./panels/violation.tsx";
import "./style.css";

async function main(): Promise<void> {
  const root = document.getElementById("app")!;
  const sweep = part("sweep");
  if (sweep) {
    const read = readSweep(new TextDecoder().decode(sweep));
    root.replaceChildren();
    render(<SweepPage sweep={read} />, root);
    document.body.dataset.ready = "true";
    return;
  }
  const loaded = await loadRuns();
  runs.value = loaded.runs;
  problems.value = loaded.problems;
  await loadComparison();
  shown.value = whole();
  const laboratory = laboratoryOf(part);
  if (comparison.value) tab.value = "differences";
  openViolation();
  startDifferences();
  if (laboratory) startLaboratory(laboratory);
  startShell();
  root.replaceChildren();
  render(<App />, root);
  document.body.dataset.ready = "true";
}

/** Reads how the two runs of the page compare. */
async function loadComparison(): Promise<void> {
  const [a, b] = runs.value;
  if (!a || !b) return;
  try {
    const bytes = part("comparison");
    if (bytes) comparison.value = await readComparison(bytes, a.spans, b.spans);
  } catch (wrong) {
    problems.value = [...problems.value, problem(wrong, "How the two runs compare")];
  }
}

/** Says what went wrong in the program itself. */
function failed(wrong: unknown): void {
  const text = `This page cannot be shown: ${wrong instanceof Error ? wrong.message : String(wrong)}`;
  document.getElementById("app")!.textContent = text;
}

// The program stands before the data: it waits until all of the page is there.
const begin = () => void main().catch(failed);
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
