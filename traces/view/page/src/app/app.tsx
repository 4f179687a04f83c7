// The whole page: what runs it shows, the diagram, what moves through it, and the panels.

import { Diagram } from "../diagram/diagram.tsx";
import { startDiagram } from "../diagram/keys.ts";
import { Header } from "./header.tsx";
import { Help, startHelp } from "./help.tsx";
import { press } from "./keys.ts";
import { startLink } from "./link.ts";
import { startMoment } from "./moment.ts";
import { LaboratoryStage } from "../panels/laboratory-stage.tsx";
import { Player } from "./player.tsx";
import { Said } from "./say.tsx";
import { focusSearch, SearchBox } from "./search.tsx";
import { startSearch } from "./searching.ts";
import { laboratory } from "../lab/state.ts";
import { embedded, runs } from "./state.ts";
import { panels, startTabs, Tabs } from "./tabs.tsx";
import { startTheme } from "./theme.ts";
import { PageButtons, Toolbar } from "./toolbar.tsx";
import { startTransport } from "./transport.ts";
import { startView } from "./view.ts";
import "./shell.css";

/** Adds the keys of the shell, and has the window listen to keys. */
export function startShell(): void {
  startTransport();
  startView();
  startTabs();
  startTheme();
  startSearch(focusSearch);
  startHelp();
  startDiagram();
  startMoment();
  startLink();
  window.addEventListener("keydown", press);
}

export function App() {
  const stage = runs.value.length === 0 ? laboratory.value && <LaboratoryStage /> : (
    <section class="stage" aria-label="Diagram">
      <div class="stage-diagram"><Diagram /></div>
      <Player />
    </section>
  );
  if (embedded.value) {
    return (
      <main class="main embedded">
        <h1 class="unseen">{runs.value.map((r) => r.head.name).join(" and ")}</h1>
        {stage}
      </main>
    );
  }
  return (
    <>
      <header class="page-top">
        <div class="page-line">
          <Header />
          {panels.value.length > 0 && <PageButtons />}
        </div>
        {runs.value.length > 0 && <div class="tools"><Toolbar /><SearchBox /></div>}
      </header>
      <main class={stage ? "main" : "main alone"}>
        {stage}
        <Tabs />
      </main>
      <Help />
      <Said />
    </>
  );
}
