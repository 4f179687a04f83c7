// What is run in the laboratory: a scenario, its seed, a bug, faults by chance, and its text.

import { useRef } from "preact/hooks";
import { edit, pick, run, saveText } from "../lab/actions.ts";
import type { Fault, Scenario } from "../lab/client.ts";
import { fileOf, type Setup } from "../lab/setup.ts";
import { faults, form, offer, scenario, text } from "../lab/state.ts";
import { placeIn } from "../lab/toml.ts";
import { settingsOf } from "../model/config.ts";

const set = (change: Partial<Setup>) => (form.value = { ...form.value, ...change });

/** The seed of the text. */
const ownSeed = () => settingsOf(text.value).get("seed")?.replace(/\s*#.*/, "") ?? "1";

/** The fields above the button that runs. */
export function Fields() {
  const all = offer.value;
  if (!all) return null;
  const protocol = all.protocols.find((p) => p.name === scenario.value?.protocol);
  return (
    <div class="laboratory-fields">
      <label class="wide">
        <span>Scenario</span>
        <select value={form.value.scenario} onChange={(e) => pick(e.currentTarget.value)}>
          {all.protocols.map((p) => (
            <optgroup key={p.name} label={p.title}>
              {all.scenarios.filter((s) => s.protocol === p.name).map((s) => (
                <option key={s.name} value={s.name}>{s.name}: {s.title}</option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <Field name="Seed" value={form.value.seed} hint={ownSeed()} numeric
        onInput={(seed) => set({ seed: seed.trim() })} />
      <Choice name="Faults by chance" value={form.value.faults} all={all.profiles}
        onChange={(f) => set({ faults: f })} />
      <Choice name="Bug on purpose" value={form.value.bug} all={protocol?.bugs ?? []}
        onChange={(bug) => set({ bug })} />
      <Field name="Other keys" value={form.value.overrides} hint="network.loss=0.1"
        onInput={(overrides) => set({ overrides })} />
    </div>
  );
}

interface FieldOf {
  name: string;
  value: string;
  hint: string;
  numeric?: boolean;
  onInput: (value: string) => void;
}

function Field({ name, value, hint, numeric, onInput }: FieldOf) {
  return (
    <label>
      <span>{name}</span>
      <input
        value={value} placeholder={hint} spellcheck={false} autocomplete="off"
        {...(numeric ? { inputMode: "numeric" as const } : {})} onInput={(e) => onInput(e.currentTarget.value)}
        onKeyDown={(e) => e.key === "Enter" && void run()}
      />
    </label>
  );
}

interface ChoiceOf {
  name: string;
  value: string;
  all: { name: string; says: string }[];
  onChange: (name: string) => void;
}

/** One of some, or none; what the chosen one does stands below it. */
function Choice({ name, value, all, onChange }: ChoiceOf) {
  const is = all.find((one) => one.name === value);
  return (
    <label>
      <span>{name}</span>
      <select value={value} onChange={(e) => onChange(e.currentTarget.value)}>
        <option value="">none</option>
        {all.map((one) => <option key={one.name} value={one.name} title={one.says}>{one.name}</option>)}
      </select>
      {is && <span class="dim">{is.says}</span>}
    </label>
  );
}

/** What the scenario is about. */
export function About({ of }: { of: Scenario | undefined }) {
  if (!of || (of.what === "" && of.watch === "")) return null;
  return (
    <details open>
      <summary>What happens, and what to look for</summary>
      {of.what !== "" && <p>{of.what.trim()}</p>}
      {of.watch !== "" && <p>{of.watch.trim()}</p>}
    </details>
  );
}

/** The scenario's text, to be changed, with what is wrong with it. */
export function Editor() {
  const field = useRef<HTMLTextAreaElement>(null);
  const changed = form.value.toml !== null;
  const go = (f: Fault) => {
    const from = placeIn(text.value, f.line, f.column), to = placeIn(text.value, f.line, f.column + f.width);
    const e = field.current!;
    e.focus();
    e.setSelectionRange(from, to);
    e.scrollTop = (f.line - 3) * (parseFloat(getComputedStyle(e).lineHeight) || 18);
  };
  return (
    <details open={changed}>
      <summary>Config{changed && " (changed)"}</summary>
      <textarea
        ref={field} aria-label="Config, as TOML" value={text.value} spellcheck={false} rows={12} wrap="off"
        aria-invalid={faults.value.length > 0} aria-describedby="laboratory-faults"
        onInput={(e) => edit(e.currentTarget.value)} onKeyDown={runNow}
      />
      <div class="laboratory-row">
        <button type="button" onClick={() => saveText(fileOf(form.value))}>Save {fileOf(form.value)}</button>
        {changed && (
          <button type="button" aria-keyshortcuts="Shift+U" title="Undo all changes (key Shift+U)"
            onClick={() => set({ toml: null })}>Undo all changes</button>
        )}
        <span class="dim">Ctrl+Enter runs it.</span>
      </div>
      <Wrong go={go} />
    </details>
  );
}

function runNow(event: KeyboardEvent): void {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  void run();
}

/** What is wrong with the text: the place, which a click goes to, and the line. */
function Wrong({ go }: { go: (f: Fault) => void }) {
  const lines = text.value.split("\n");
  return (
    <ul id="laboratory-faults" class="laboratory-faults" aria-live="polite" aria-label="What is wrong with the config">
      {faults.value.map((f, i) => (
        <li key={i}>
          <button type="button" onClick={() => go(f)}>
            <span class="bad">{f.line}:{f.column}: {f.message}</span>
            <code>{lines[f.line - 1] ?? ""}</code>
          </button>
        </li>
      ))}
    </ul>
  );
}
