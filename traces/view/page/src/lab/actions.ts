// What a person does in the laboratory: runs, changes what is run, compares, asks, saves.

import { say } from "../app/say.tsx";
import { chosen, cursor, now, problems, runs, type Chosen } from "../app/state.ts";
import { readComparison, type Comparison } from "../model/comparison.ts";
import { namesMessage } from "../model/commands.ts";
import { readRun } from "../model/load.ts";
import { none } from "../model/run.ts";
import { Cancelled, type Ran } from "./client.ts";
import { fieldsOf } from "./link.ts";
import {
  commandOf, sameSetup, setupOf, wantedOf, withChange, withText, type Change, type Setup,
} from "./setup.ts";
import { showRuns } from "./show.ts";
import {
  badLink, compares, delayBy, difference, explained, form, laboratory, linked, made, offer, outcome, progress, text,
  wantedVictim, type Made, type Outcome,
} from "./state.ts";
import { withFault, type Harm } from "./toml.ts";

/** Failed is why there is no run: the command says it. */
class Failed extends Error {
  constructor(readonly ran: Ran) { super(ran.stderr); }
}

/** Runs what the form says, and shows it: alone, or beside what is shown. It says whether that succeeded. */
export const run = (): Promise<boolean> =>
  carryOut(`Running ${form.value.scenario}`, async () => {
    const setup = form.value, base = compares.value ? made.value[0] : null;
    const next = await make(setup, base);
    if (!base || next.ran.name === base.ran.name) {
      if (base) compares.value = false;
      await show(next, null);
    } else await show(base, next);
  });

/** Makes a run, and the one that it is compared with, and shows both. It says whether that succeeded. */
export const runBoth = (base: Setup, setup: Setup): Promise<boolean> =>
  carryOut(`Running ${setup.scenario}`, async () => {
    const a = await make(base, null);
    const b = await make(setup, a);
    compares.value = true;
    await show(a, b.ran.name === a.ran.name ? null : b);
  });

/** Carries out one thing at a time, and says how far it is and what became of it. */
async function carryOut(label: string, does: () => Promise<void>): Promise<boolean> {
  if (progress.value) {
    say("Something is carried out already: cancel it first");
    return false;
  }
  progress.value = { label, done: 0, total: 0 };
  outcome.value = { says: `${label} …`, errors: "", failed: false };
  try {
    await does();
    return true;
  } catch (error) {
    if (error instanceof Cancelled) outcome.value = { says: "Cancelled.", errors: "", failed: false };
    else outcome.value = failure(error);
    return false;
  } finally {
    progress.value = null;
  }
}

/** What is wrong, and what the command printed, if it was that. */
function failure(error: unknown): Outcome {
  if (!(error instanceof Failed)) return { says: whyNot(error), errors: "", failed: true };
  const { died, stderr } = error.ran;
  const says = died
    ? "The program died, as it does when a run takes more memory than a page has. The next run starts it anew."
    : "No run was made. The command says:";
  return { says, errors: stderr, failed: true };
}

/** What is wrong with the laboratory itself, and what to do. */
export function whyNot(error: unknown): string {
  const says = error instanceof Error ? error.message : String(error);
  if (typeof WebAssembly === "undefined" || /WebAssembly|wasm/i.test(says)) {
    return `The laboratory cannot start, for this browser does not let a page run WebAssembly (${says}). Allow it ` +
      "for this page (a lockdown mode or a policy may block it), open the page in a current Chrome, Edge, Firefox or " +
      "Safari, or run at a command line: go run ./cmd/run";
  }
  return `That failed: ${says}`;
}

/** Makes a run. A name that the other run has is given to no second one. */
async function make(setup: Setup, other: Made | null): Promise<Made> {
  const lab = laboratory.value!, wanted = wantedOf(setup, offer.value!);
  const told = (label: string, done: number, total: number) => (progress.value = { label, done, total });
  let ran = await lab.run(wanted, told);
  if (ran.name === "") throw new Failed(ran);
  if (other && ran.name === other.ran.name && !sameSetup(setup, other.setup)) {
    const flags = [...wanted.flags ?? [], "-name", `${ran.name}-changed`];
    ran = await lab.run({ ...wanted, flags }, told);
    await lab.run(wantedOf(other.setup, offer.value!)); // its files were written over
  }
  progress.value = { label: `Reading ${ran.name}`, done: 0, total: 0 };
  return { setup, ran, run: await readRun(await lab.data(ran.name)) };
}

/** Shows runs that were made, with how they compare. */
async function show(a: Made, b: Made | null): Promise<void> {
  const lab = laboratory.value!;
  let comparison: Comparison | null = null, says = "";
  if (b) {
    progress.value = { label: `Comparing ${a.ran.name} and ${b.ran.name}`, done: 0, total: 0 };
    comparison = await readComparison(await lab.data(a.ran.name, b.ran.name), a.run.spans, b.run.spans);
    const said = await lab.diff(a.ran.name, b.ran.name);
    says = said.stdout + said.stderr;
  }
  const fields = await fieldsOf({ setup: (b ?? a).setup, base: b?.setup ? a.setup : null }, offer.value!);
  made.value = [a, b];
  problems.value = problems.value.filter((p) => !p.startsWith(badLink));
  difference.value = says;
  explained.value = null;
  linked.value = fields;
  const errors = (b ?? a).ran.stderr;
  const told = b ? `Ran ${b.ran.name}, beside ${a.ran.name}.` : `Ran ${a.ran.name}.`;
  outcome.value = { says: told, errors, failed: false };
  showRuns(a.run, b?.run ?? null, comparison);
}

/** Ends what is carried out. */
export function cancel(): void {
  if (progress.value && offer.value) laboratory.value?.cancel();
}

/** Puts a scenario into the form as it is, but for the seed. */
export function pick(name: string): void {
  form.value = { ...setupOf(name), seed: form.value.seed };
  compares.value = false;
}

/** Changes the text of the form. */
export function edit(toml: string): void {
  if (offer.value) form.value = withText(form.value, toml, offer.value);
}

/** Runs again with another text. */
export function runText(toml: string): void {
  if (offer.value) void runChanged(withText(form.value, toml, offer.value));
}

/** Runs again with something else, and compares it with what is shown. */
export function runChanged(setup: Setup): Promise<boolean> | undefined {
  if (progress.value) {
    say("Something is carried out already: cancel it first");
    return undefined;
  }
  const [a] = made.value;
  form.value = setup;
  if (a && sameSetup(a.setup, setup)) return backToBase();
  compares.value = a !== null;
  return run();
}

/** Runs again with something else for the message of a span. */
export function changeMessage(of: Chosen, does: Change["does"]): void {
  const r = runs.value[of.run];
  if (!laboratory.value || !r) return;
  if (!namesMessage(r, of.span)) {
    say("What is chosen sends no message: choose an event that does");
    return;
  }
  const change: Change = { does, id: r.id(of.span), ...(does === "delay" ? { by: delayBy.value.trim() } : {}) };
  void runChanged(withChange(form.value, change));
}

/** The processes that something can happen to at the cursor. */
export const victims = (): string[] =>
  (runs.value[0]?.head.processes ?? []).filter((p) => p.kind === "server").map((p) => p.name);

/** The one that a key means: that which a person chose, or else that of the chosen event, or of the last one. */
export function victim(): string {
  const all = victims(), r = runs.value[0];
  if (all.includes(wantedVictim.value)) return wantedVictim.value;
  const c = chosen.value, at = cursor.value;
  const last = r && at > 0 ? r.moments[at - 1]! >> 1 : none;
  const span = c ? c.span : last, its = runs.value[c?.run ?? 0];
  const of = its && span !== none ? its.processName(span) : "";
  return all.includes(of) ? of : all[0] ?? "";
}

/** Runs again with something that happens to a process at the cursor. */
export function harm(what: Harm): void {
  const process = victim();
  if (process === "") return;
  runText(withFault(text.value, what, process, now.value));
}

/** Shows the first run alone, and puts what it was made of into the form. */
export async function backToBase(): Promise<boolean> {
  const [a] = made.value;
  if (!a) return false;
  form.value = a.setup;
  compares.value = false;
  return carryOut(`Showing ${a.ran.name}`, () => show(a, null));
}

/** Has later runs be compared with the second run, and shows that alone. */
export async function takeAsBase(): Promise<boolean> {
  const [, b] = made.value;
  if (!b) return false;
  compares.value = false;
  return carryOut(`Showing ${b.ran.name}`, () => show(b, null));
}

/** Asks explain of a span of a run that was made. */
export async function explain(of: Chosen): Promise<void> {
  const m = made.value[of.run], lab = laboratory.value;
  if (!m || !lab) return;
  const id = m.run.id(of.span);
  await carryOut(`Explaining ${id}`, async () => {
    const said = await lab.explain(m.ran.name, id);
    explained.value = { asked: `go run ./cmd/explain ${m.ran.name} ${id}`, says: said.stdout + said.stderr };
    const what = `${m.run.name(of.span)} of ${m.run.processName(of.span)}`;
    outcome.value = { says: `Explained ${what}.`, errors: "", failed: false };
  });
}

/** The line for a shell that makes what the form says. */
export const formCommand = (): string => (offer.value ? commandOf(form.value, offer.value) : "");

/** The files of a run that can be saved. */
export const savedFiles = ["trace.otlp.jsonl", "story.txt", "run.toml"] as const;

/** Saves a file of a run that was made. */
export function saveFile(of: Made, file: (typeof savedFiles)[number]): void {
  const bytes = laboratory.value?.files.get(`traces/runs/${of.ran.name}/${file}`);
  if (bytes) saveBlob(new Blob([bytes]), file);
}

/** Saves what the form runs. */
export function saveText(name: string): void {
  saveBlob(new Blob([text.value]), name);
}

function saveBlob(blob: Blob, name: string): void {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(blob);
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}
