// Starts the laboratory of a page: its keys, what a link to it holds, and the run that it opens with.

import { effect } from "@preact/signals";
import { addKeys } from "../app/keys.ts";
import { addLinkPart, follow } from "../app/link.ts";
import { problems, runs, tab } from "../app/state.ts";
import { actionKeys } from "./keys.ts";
import { run, runBoth, whyNot } from "./actions.ts";
import type { Laboratory } from "./client.ts";
import { fieldNames, readLink, type Linked } from "./link.ts";
import { sameSetup, setupOf } from "./setup.ts";
import {
  badLink, compares, faults, form, laboratory, linked, made, offer, outcome, progress, text,
} from "./state.ts";

/** Has the page be a laboratory. The shell is started after it. */
export function startLaboratory(lab: Laboratory): void {
  laboratory.value = lab;
  tab.value = "laboratory";
  addKeys(actionKeys());
  for (const name of fieldNames) {
    addLinkPart({ name, write: () => linked.value.get(name) ?? "", read: () => undefined }); // see openLink
  }
  const address = location.hash; // the shell has it be what is shown, which is nothing yet
  void begin(lab).then((begun) => (begun ? openLink(address, true) : undefined));
  window.addEventListener("hashchange", () => void openLink(location.hash, false));
  checkText(lab);
}

/** Has the program be ready, and reads what it offers; it says whether that succeeded. */
async function begin(lab: Laboratory): Promise<boolean> {
  progress.value = { label: "Starting the program", done: 0, total: 0 };
  outcome.value = { says: "The program starts …", errors: "", failed: false };
  try {
    offer.value = await lab.offer();
    form.value = setupOf(offer.value.scenarios[0]!.name);
    return true;
  } catch (error) {
    outcome.value = { says: whyNot(error), errors: "", failed: true };
    problems.value = [...problems.value, outcome.value.says];
    return false;
  } finally {
    progress.value = null;
  }
}

/** Runs what a link asks for, and shows the moment that it names. */
async function openLink(address: string, first: boolean): Promise<void> {
  const all = offer.value;
  if (!all) return;
  const usual: Linked = { setup: setupOf(all.scenarios[0]!.name), base: null };
  let wanted = usual, wrong = "";
  try {
    wanted = (await readLink(address, all)) ?? usual;
  } catch (error) {
    wrong = error instanceof Error ? error.message : String(error);
  }
  if (!first && wrong === "" && isShown(wanted)) return;
  if (progress.value) laboratory.value?.cancel();
  await idle();
  let ran = await runLinked(wanted);
  if (!ran && !sameLinked(wanted, usual) && runs.value.length === 0) {
    wrong = `what it asks for cannot be run (${outcome.value.errors.split("\n")[0] || outcome.value.says})`;
    ran = await runLinked(usual);
  }
  problems.value = problems.value.filter((p) => !p.startsWith(badLink));
  if (wrong !== "") problems.value = [...problems.value, `${badLink}: ${wrong}. The default is shown instead.`];
  else if (ran) follow(address);
}

function runLinked({ setup, base }: Linked): Promise<boolean> {
  form.value = setup;
  if (base) return runBoth(base, setup);
  compares.value = false;
  return run();
}

const sameLinked = (a: Linked, b: Linked) => JSON.stringify(a) === JSON.stringify(b);

function isShown({ setup, base }: Linked): boolean {
  const [a, b] = made.value;
  if (!a) return false;
  if (!base || !b) return !base && !b && sameSetup(a.setup, setup);
  return sameSetup(a.setup, base) && sameSetup(b.setup, setup);
}

/** Waits until nothing is carried out. */
const idle = () => new Promise<void>((resolve) => {
  const stop = effect(() => {
    if (progress.value === null) queueMicrotask(() => { stop(); resolve(); });
  });
});

const patience = 300; // ms after the last letter

/** Finds what is wrong with the text of the form when it has changed, and nobody types any more. */
function checkText(lab: Laboratory): void {
  let timer = 0, generation = 0;
  effect(() => {
    const toml = text.value, own = form.value.toml === null, mine = ++generation;
    clearTimeout(timer);
    if (own) {
      faults.value = [];
      return;
    }
    timer = window.setTimeout(() => {
      const take = (all: typeof faults.value) => {
        if (mine === generation) faults.value = all;
      };
      lab.check(toml).then(take, () => take([])); // what is wrong with it is said when it is run
    }, patience);
  });
}
