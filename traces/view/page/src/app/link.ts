// A link to a moment: the fragment of the page's address holds what is shown. Each part says what it puts there.

import { effect } from "@preact/signals";

export interface LinkPart {
  /** Its name in the fragment: short, and nobody else's. */
  name: string;
  /** What is shown now; empty for what a page shows by itself. */
  write: () => string;
  /** Shows what was written, which may be anything: what makes no sense is left out. Empty is what write says by it. */
  read: (value: string, fields: URLSearchParams) => void;
}

const parts: LinkPart[] = [];

/** Adds what a link holds. */
export function addLinkPart(part: LinkPart): void {
  if (parts.some((p) => p.name === part.name)) throw new Error(`a link has ${part.name} already`);
  parts.push(part);
}

/** The fragment that shows what is shown now, without the #. */
export function fragment(): string {
  const fields = new URLSearchParams();
  for (const p of parts) {
    const value = p.write();
    if (value !== "") fields.set(p.name, value);
  }
  return fields.toString().replaceAll("%3A", ":");
}

/** Shows what a fragment says. What it does not name stays as it is; or becomes what a page shows by itself, if all. */
export function follow(text: string, all = false): void {
  const fields = new URLSearchParams(text.replace(/^#/, ""));
  for (const p of parts) {
    const value = fields.get(p.name);
    if (value !== null || all) p.read(value ?? "", fields);
  }
}

/** The address of the page with the fragment that shows what is shown now. */
export const address = (): string => `${location.href.split("#")[0]}#${fragment()}`;

const pause = 400; // ms; browsers allow few changes of the address in a time

/** Follows the fragment of the page's address, and keeps it at what is shown. */
export function startLink(): void {
  follow(location.hash);
  window.addEventListener("hashchange", () => follow(location.hash, true));
  let timer = 0, first = true;
  effect(() => {
    const now = fragment();
    clearTimeout(timer);
    if (!first) timer = window.setTimeout(() => replace(now), pause);
    first = false;
  });
}

function replace(fragment: string): void {
  try {
    history.replaceState(null, "", fragment === "" ? location.href.split("#")[0]! : `#${fragment}`);
  } catch {
    // The browser keeps the address of a file as it is: the button that copies the link has the fragment all the same.
  }
}
