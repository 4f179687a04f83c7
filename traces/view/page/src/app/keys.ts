// The keys of the page. Each part says which keys it has, and the help overlay shows all.

export interface Key {
  /** As KeyboardEvent.key has it, with Shift+, Alt+ or Ctrl+ in front where they are held: "ArrowRight", "Shift+N". */
  key: string;
  /** What it does, as in "to the next event". */
  does: string;
  /** Under which heading of the help it stands. */
  group: string;
  run: () => void;
}

const all: Key[] = [];

/** Adds keys; what it returns takes them back. Two actions cannot have one key. */
export function addKeys(keys: Key[]): () => void {
  for (const k of keys) {
    const taken = all.find((other) => other.key === k.key);
    if (taken) throw new Error(`the key ${k.key} is taken: ${taken.does}`);
    all.push(k);
  }
  return () => {
    for (const k of keys) all.splice(all.indexOf(k), 1);
  };
}

/** All keys, in the order in which they were added. */
export const keys = (): readonly Key[] => all;

/** Carries out what a key press asks for, unless it is typed into a field. It says whether there was such a key. */
export function press(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  if (target?.closest("input, textarea, select, [contenteditable]") && event.key !== "Escape") return false;
  const name =
    (event.ctrlKey || event.metaKey ? "Ctrl+" : "") +
    (event.altKey ? "Alt+" : "") +
    (event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key)) ? "Shift+" : "") +
    (event.key.length === 1 && event.shiftKey ? event.key.toUpperCase() : event.key);
  const found = all.find((k) => k.key === name);
  if (!found) return false;
  event.preventDefault();
  found.run();
  return true;
}
