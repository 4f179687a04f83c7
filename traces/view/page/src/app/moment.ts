// What a link holds of the shell: the axis and its window, the cursor, the chosen span, the slice, the panel.

import type { Slice } from "../model/graph.ts";
import { chosenOf, chosenText, cursorOf, oneOf, windowOf, windowText } from "./fields.ts";
import { addLinkPart } from "./link.ts";
import {
  axis, choose, chosen, cursor, embedded, moveCursor, runs, shown, slice, tab, theme, whole,
} from "./state.ts";
import { panels } from "./tabs.tsx";
import { themes } from "./theme.ts";
import { slices } from "./view.ts";

const sliceNames: readonly Slice[] = ["chain", ...slices.map((s) => s.slice)];

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
    read: (text) => moveCursor(cursorOf(text)),
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
    read: (text) => (slice.value = oneOf(sliceNames, text) ?? "none"),
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
