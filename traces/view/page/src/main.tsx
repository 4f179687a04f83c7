// The page begins here: it reads what it holds, and draws it.

import { render } from "preact";
import { App, startShell } from "./app/app.tsx";
import { runs, shown, whole } from "./app/state.ts";
import { comparison, readComparison } from "./model/comparison.ts";
import { loadRuns, part } from "./model/load.ts";
import "./style.css";

async function main(): Promise<void> {
  const root = document.getElementById("app")!;
  try {
    runs.value = await loadRuns();
    await loadComparison();
    shown.value = whole();
    startShell();
    root.replaceChildren();
    render(<App />, root);
    document.body.dataset.ready = "true";
  } catch (wrong) {
    root.textContent = `This page cannot be shown: ${wrong instanceof Error ? wrong.message : String(wrong)}`;
  }
}

/** Reads how the two runs of the page compare. */
async function loadComparison(): Promise<void> {
  const bytes = part("comparison");
  const [a, b] = runs.value;
  if (bytes && a && b) comparison.value = await readComparison(bytes, a.spans, b.spans);
}

void main();
