// The whole page: what runs it shows, the diagram, what moves through it, and the panels.

import { Diagram } from "../diagram/diagram.tsx";
import { startDiagram } from "../diagram/keys.ts";
import { Header } from "./header.tsx";
import { Help, startHelp } from "./help.tsx";
import { press } from "./keys.ts";
import { Player } from "./player.tsx";
import { embedded } from "./state.ts";
import { startTabs, Tabs } from "./tabs.tsx";
import { startTheme } from "./theme.ts";
import { Toolbar } from "./toolbar.tsx";
import { startTransport } from "./transport.ts";
import { startView } from "./view.ts";
import "./shell.css";

/** Adds the keys of the shell, and has the window listen to keys. */
export function startShell(): void {
  startTransport();
  startView();
  startTabs();
  startTheme();
  startHelp();
  startDiagram();
  window.addEventListener("keydown", press);
}

export function App() {
  const stage = (
    <section class="stage" aria-label="Diagram">
      <div class="stage-diagram"><Diagram /></div>
      <Player />
    </section>
  );
  if (embedded.value) return <main class="main embedded">{stage}</main>;
  return (
    <>
      <Header />
      <Toolbar />
      <main class="main">
        {stage}
        <Tabs />
      </main>
      <Help />
    </>
  );
}
