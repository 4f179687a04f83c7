// The search: what is looked for, what was found so far, and which of it is shown.

import { effect, signal } from "@preact/signals";
import { Search } from "../model/search.ts";
import { addKeys } from "./keys.ts";
import { choose, chosen, runs, type Chosen } from "./state.ts";
import { reveal } from "./transport.ts";

export const query = signal("");

/** What was found so far, in the order in which it begins, the first run's before the second's. */
export const found = signal<Chosen[]>([]);
export const searching = signal(false);

/** Which of it was gone to last; -1 for none. */
export const foundAt = signal(-1);

const slice = 12; // ms; what the page does at a time

let generation = 0;

/** What was looked for last, and where to go once something is found: 0 for nowhere. */
let looked = "";
let wanted: 1 | -1 | 0 = 0;

/** Searches all runs for a text, a slice of time at a time, so that the page goes on. */
export async function search(text: string): Promise<void> {
  const mine = ++generation;
  looked = text;
  found.value = [];
  foundAt.value = -1;
  searching.value = text.trim() !== "";
  if (!searching.value) return;
  const all: Chosen[] = [];
  let shownAt = performance.now();
  for (const [which, run] of runs.value.entries()) {
    const s = new Search(run, text);
    for (let over = false, done = 0; !over; ) {
      await pause();
      if (mine !== generation) return; // somebody searches for something else
      over = s.go(performance.now() + slice); // the list is shown anew now and then, and at the end
      for (; done < s.found.length; done++) all.push({ run: which, span: s.found[done]! });
      if (all.length !== found.value.length && (over || performance.now() - shownAt > 200)) {
        found.value = [...all];
        shownAt = performance.now();
        if (wanted > 0) goOn(1);
      }
    }
  }
  searching.value = false;
  if (wanted !== 0) goOn(wanted);
}

/** Goes on, as goOn does, at once or as soon as something is found of a text that was typed just now. */
export function goOnSoon(by: 1 | -1): void {
  if (query.value === looked && found.value.length > 0) return goOn(by);
  wanted = by;
  if (query.value !== looked) void search(query.value);
}

const pause = () => new Promise((resume) => setTimeout(resume, 0));

/** Goes to one of what was found: chooses it. */
export function goTo(at: number): void {
  const c = found.value[at];
  if (!c) return;
  foundAt.value = at;
  choose(c);
  reveal();
}

/** Goes to the next of what was found, or to the one before; after the last comes the first. */
export function goOn(by: 1 | -1): void {
  wanted = 0;
  const n = found.value.length;
  if (n === 0) return;
  goTo(nextFound(found.value, foundAt.value, chosen.value, by));
}

/** The place of the next one: after the one that was gone to last, or else after the chosen span. */
export function nextFound(all: readonly Chosen[], at: number, from: Chosen | null, by: 1 | -1): number {
  const n = all.length;
  if (at >= 0) return (at + by + n) % n;
  if (!from) return by > 0 ? 0 : n - 1;
  const after = (c: Chosen) => c.run > from.run || (c.run === from.run && c.span > from.span);
  const first = all.findIndex(after);
  const next = first < 0 ? n : first;
  return by > 0 ? next % n : (next - 1 + n) % n;
}

const patience = 150; // ms after the last letter

/** Searches as the query changes, and adds the keys of the search. */
export function startSearch(focus: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let of = runs.value;
  effect(() => {
    const text = query.value;
    if (runs.value !== of) found.value = []; // spans of runs that are shown no more
    of = runs.value;
    clearTimeout(timer);
    wanted = 0;
    timer = setTimeout(() => text !== looked && void search(text), text === "" ? 0 : patience);
  });
  const group = "Search";
  addKeys([
    { key: "/", does: "search", group, run: focus },
    { key: "n", does: "the next that was found", group, run: () => goOn(1) },
    { key: "Shift+N", does: "the one before", group, run: () => goOn(-1) },
  ]);
}
