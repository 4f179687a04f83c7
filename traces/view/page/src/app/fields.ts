// What a link holds, as text. Whoever follows a link may have changed it to anything: nothing here fails.

import { none, type Run } from "../model/run.ts";
import type { Chosen, Window } from "./state.ts";

/** A window as a link has it: two whole numbers; empty for the whole axis. */
export function windowText(w: Window, all: Window): string {
  if (w.from <= all.from && w.to >= all.to) return "";
  const from = Math.max(0, Math.floor(w.from));
  return `${from}-${Math.max(from + 1, Math.ceil(w.to))}`;
}

/** The window that a link has; the whole axis for anything that is none. */
export function windowOf(text: string, all: Window): Window {
  const found = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  const from = Number(found?.[1]), to = Number(found?.[2]);
  return found && from < to && from < all.to ? { from, to } : all;
}

/** A chosen span as a link has it: the number of the run, and the span's id. */
export function chosenText(c: Chosen | null, all: readonly Run[]): string {
  const run = c && all[c.run];
  return c && run ? `${c.run}:${run.id(c.span)}` : "";
}

/** The chosen span that a link has; null for anything that is none. */
export function chosenOf(text: string, all: readonly Run[]): Chosen | null {
  const found = /^(\d):([0-9a-f]{16})$/.exec(text);
  const run = found ? Number(found[1]) : none;
  const span = all[run]?.find(found![2]!) ?? none;
  return span === none ? null : { run, span };
}

/** One of some words; undefined for any other. */
export function oneOf<T extends string>(words: readonly T[], text: string): T | undefined {
  return words.find((w) => w === text);
}

/** The cursor that a link has; 0 for anything that is none. */
export const cursorOf = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : 0);
