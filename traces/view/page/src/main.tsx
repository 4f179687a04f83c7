// The page begins here: it reads what it holds, and draws it.

import { render } from "preact";
import { App, startShell } from "./app/app.tsx";
import { runs, shown, whole } from "./app/state.ts";
import { loadRuns } from "./model/load.ts";
import "./style.css";

async function main(): Promise<void> {
  const root = document.getElementById("app")!;
  try {
    runs.value = await loadRuns();
    shown.value = whole();
    startShell();
    root.replaceChildren();
    render(<App />, root);
    document.body.dataset.ready = "true";
  } catch (wrong) {
    root.textContent = `This page cannot be shown: ${wrong instanceof Error ? wrong.message : String(wrong)}`;
  }
}

void main();
