// What the laboratory of the page is at: what a person puts together, which runs were made of it, and how far it is.

import { computed, signal } from "@preact/signals";
import type { Run } from "../model/run.ts";
import type { Fault, Laboratory, Offer, Ran, Scenario } from "./client.ts";
import { sameSetup, scenarioOf, setupOf, textOf, type Setup } from "./setup.ts";

/** Made is a run that the laboratory made. */
export interface Made {
  setup: Setup;
  ran: Ran;
  run: Run;
}

/** The laboratory; null if the page is none. */
export const laboratory = signal<Laboratory | null>(null);

/** What there is to run; null as long as the program starts. */
export const offer = signal<Offer | null>(null);

/** What the next run is made of. */
export const form = signal<Setup>(setupOf(""));

/** What is wrong with its text. */
export const faults = signal<Fault[]>([]);

/** The run that is shown, and the one that is compared with it; null for none. */
export const made = signal<[Made | null, Made | null]>([null, null]);

/** What the command that compares runs prints of the two. */
export const difference = signal("");

/** What explain answered last, and what it was asked; null if nothing was asked of these runs. */
export const explained = signal<{ asked: string; says: string } | null>(null);

/** Says whether the next run is compared with the one that is shown. */
export const compares = signal(false);

/** How far the command is that is carried out; null if none is. */
export const progress = signal<{ label: string; done: number; total: number } | null>(null);

/** What became of the last command. */
export interface Outcome {
  /** A sentence. */
  says: string;
  /** What it printed as an error. */
  errors: string;
  failed: boolean;
}

export const outcome = signal<Outcome>({ says: "", errors: "", failed: false });

/** What a sentence begins with that says what is wrong with the link that was opened. */
export const badLink = "The link is wrong";

/** The fields of a link to what is shown. */
export const linked = signal<ReadonlyMap<string, string>>(new Map());

/** How much later a message arrives that is delayed: a duration as Go reads it. */
export const delayBy = signal("40ms");

/** The process that something happens to at the cursor, if a person chose it. */
export const wantedVictim = signal("");

/** The scenario of what the next run is made of. */
export const scenario = computed<Scenario | undefined>(() =>
  offer.value ? scenarioOf(form.value, offer.value) : undefined);

/** The text that the next run is made of. */
export const text = computed(() => (offer.value ? textOf(form.value, offer.value) : ""));

/** Says whether the form is what was run last. */
export const isShown = computed(() => {
  const last = made.value[1] ?? made.value[0];
  return last !== null && sameSetup(last.setup, form.value);
});
