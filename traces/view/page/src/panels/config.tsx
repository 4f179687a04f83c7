// What the runs were made of: what their scenario is about, their config, seed and build.

import { CopyButton } from "../app/copy.tsx";
import { runs } from "../app/state.ts";
import { commandsOfRun } from "../model/commands.ts";
import { settingsOf } from "../model/config.ts";
import type { Run } from "../model/run.ts";
import { CommandOf } from "./details.tsx";
import "./config.css";

export function ConfigPanel() {
  return <div class="config">{runs.value.map((r, i) => <ConfigOf key={i} run={r} />)}</div>;
}

function ConfigOf({ run }: { run: Run }) {
  const { head } = run;
  const settings = settingsOf(head.config);
  const facts: [string, string][] = [
    ["Protocol", head.protocol], ["Scenario", head.scenario], ["Seed", head.seed], ["Begins at", head.epoch],
    ["Run", head.run], ["Build of the trace", head.build || "the trace does not say"],
    ["Build of this page", head.reader_build ?? ""],
  ];
  return (
    <section>
      <h2>{head.name}</h2>
      {["title", "what", "watch"].map((k) => settings.get(k) && <p key={k} class={k}>{settings.get(k)}</p>)}
      <dl class="facts">
        {facts.filter(([, v]) => v).map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}
      </dl>
      {commandsOfRun(head.commands).map((c) => <CommandOf key={c.does} command={c} />)}
      {head.config !== "" && (
        <>
          <div class="config-top"><h3>Config</h3><CopyButton text={head.config} what="the config" /></div>
          <pre tabIndex={0} role="group" aria-label="Config">{head.config}</pre>
        </>
      )}
    </section>
  );
}
