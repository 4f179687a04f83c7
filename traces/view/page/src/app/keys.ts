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
    for (const k of keys) {
      const at = all.indexOf(k);
      if (at >= 0) all.splice(at, 1);
    }
  };
}

/** All keys, in the order in which they were added. */
export const keys = (): readonly Key[] => all;

/** Carries out what a key press asks for, unless the element that has the focus needs it. It says whether it did. */
export function press(event: KeyboardEvent): boolean {
  const name = nameOf(event);
  if (event.defaultPrevented || needs(event.target as HTMLElement | null, event, name)) return false;
  const found = all.find((k) => k.key === name);
  if (!found) return false;
  event.preventDefault();
  found.run();
  return true;
}

/** The name of a key press, as in Key. A letter has the same name whatever the layout of the keyboard and Caps Lock. */
export function nameOf(event: KeyboardEvent): string {
  let key = event.key;
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (letter && key.length === 1 && key > "\x7f") key = letter; // another script
  if (/^[a-z]$/i.test(key)) key = event.shiftKey ? key.toUpperCase() : key.toLowerCase();
  const shift = event.shiftKey && (key.length > 1 || /^[A-Z]$/.test(key));
  return (
    (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + (shift ? "Shift+" : "") + key
  );
}

/** Says whether an element needs a key itself: a field what is typed, a button what presses it. */
function needs(target: HTMLElement | null, event: KeyboardEvent, name: string): boolean {
  if (!target?.closest) return false;
  if (target.closest("dialog[open]")) return true;
  if (target.closest("input[type=range]")) return /^(Arrow|Page|Home|End)/.test(event.key);
  if (target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) {
    return name !== "Escape";
  }
  return /^( |Enter)$/.test(event.key) && target.closest("button, a, summary, label, input, [role=option]") !== null;
}

const symbols: Record<string, string> = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space", Escape: "Esc",
};

/** A key as people read it: the keys of a combination, one by one. */
export function shown(key: string): string[] {
  return key.split(/\+(?=.)/).map((k) => symbols[k] ?? (/^[a-z]$/.test(k) ? k.toUpperCase() : k));
}

/** A key as a screen reader says it: what aria-keyshortcuts holds. */
export function spoken(key: string): string {
  return key === " " ? "Space" : key.replace("Ctrl+", "Control+");
}
