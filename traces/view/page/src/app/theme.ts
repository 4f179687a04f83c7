// Light or dark: as the system has it, or as a person chooses.

import { effect } from "@preact/signals";
import { addKeys } from "./keys.ts";
import { theme } from "./state.ts";

export const themes = ["auto", "light", "dark"] as const;

/** The next theme: auto, light, dark, and auto again. */
export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!;
}

/** Has the page look as the theme says, and adds its key. */
export function startTheme(): void {
  effect(() => {
    if (theme.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  });
  addKeys([{ key: "t", does: "light, dark, or as the system has it", group: "Page", run: nextTheme }]);
}
