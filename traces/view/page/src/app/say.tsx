// What the page says of what a key did: shown for a moment, and read out.

import { signal } from "@preact/signals";

const said = signal("");
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says something for a few seconds. */
export function say(text: string): void {
  said.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => (said.value = ""), 3000);
}

export function Said() {
  return <div class="said" role="status">{said.value && <span>{said.value}</span>}</div>;
}
