// What a link holds of the shell: the axis and its window, the cursor, the chosen span, the slice, the panel.

import type { Slice } from "../model/graph.ts";
import { none, type Run } from "../model/run.ts";
import { addLinkPart } from "./link.ts";
import {
  axis, choose, chosen, cursor, embedded, moveCursor, runs, shown, slice, tab, theme, whole, type Chosen, type Window,
} from "./state.ts";
import { panels } from "./tabs.tsx";
import { themes } from "./theme.ts";

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
const oneOf = <T extends string>(words: readonly T[], text: string): T | undefined => words.find((w) => w === text);

const slices: readonly Slice[] = ["causes", "effects", "both"];

/** Adds what a link holds of the shell. The order is that in which a link is followed. */
export function startMoment(): void {
  addLinkPart({
    name: "axis",
    write: () => (axis.value === "sequence" ? "order" : ""),
    read: (text) => {
      axis.value = text === "order" ? "sequence" : "time";
      shown.value = whole();
    },
  });
  addLinkPart({
    name: "window",
    write: () => windowText(shown.value, whole()),
    read: (text) => (shown.value = windowOf(text, whole())),
  });
  addLinkPart({
    name: "at",
    write: () => (cursor.value > 0 || chosen.value ? String(cursor.value) : ""),
    read: (text) => moveCursor(/^\d{1,15}$/.test(text) ? Number(text) : 0),
  });
  addLinkPart({
    name: "span",
    write: () => chosenText(chosen.value, runs.value),
    read: (text, fields) => {
      const c = chosenOf(text, runs.value);
      if (fields.has("at")) chosen.value = c;
      else choose(c);
    },
  });
  addLinkPart({
    name: "slice",
    write: () => (chosen.value && slice.value !== "none" ? slice.value : ""),
    read: (text) => (slice.value = oneOf(slices, text) ?? "none"),
  });
  addLinkPart({
    name: "tab",
    write: () => (tab.value === panels.value[0]?.tab ? "" : (panels.value.find((p) => p.tab === tab.value)?.tab ?? "")),
    read: (text) => {
      const to = panels.value.find((p) => p.tab === text) ?? panels.value[0];
      if (to) tab.value = to.tab;
    },
  });
  addLinkPart({
    name: "theme",
    write: () => (theme.value === "auto" ? "" : theme.value),
    read: (text) => (theme.value = oneOf(themes, text) ?? "auto"),
  });
  addLinkPart({
    name: "embed",
    write: () => (embedded.value ? "1" : ""),
    read: (text) => (embedded.value = text === "1"),
  });
}
