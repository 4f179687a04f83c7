// The help: all keys, by what they are about.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { addKeys, keys, shown, type Key } from "./keys.ts";

/** Says whether the help is shown. */
export const helping = signal(false);

/** Adds the key that shows the help. */
export function startHelp(): void {
  addKeys([{ key: "?", does: "show this help", group: "Page", run: () => (helping.value = true) }]);
}

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const d = dialog.current!;
    if (helping.value && !d.open) d.showModal();
    if (!helping.value && d.open) d.close();
  }, [helping.value]);
  return (
    <dialog
      ref={dialog} class="help" aria-labelledby="help-title" onClose={() => (helping.value = false)}
      onClick={(e) => e.target === e.currentTarget && (helping.value = false)}
    >
      {helping.value && (
        <div class="help-inside">
          <div class="help-top">
            <h2 id="help-title">Keys</h2>
            <button type="button" onClick={() => (helping.value = false)}>Close</button>
          </div>
          <div class="help-groups">
            {[...grouped(keys())].map(([name, of]) => <Group key={name} name={name} keys={of} />)}
          </div>
        </div>
      )}
    </dialog>
  );
}

function Group({ name, keys }: { name: string; keys: Key[] }) {
  return (
    <section>
      <h3>{name}</h3>
      <dl>
        {keys.map((k) => (
          <div key={k.key}>
            <dt>{shown(k.key).map((part, i) => <kbd key={i}>{part}</kbd>)}</dt>
            <dd>{k.does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Keys by group, in the order in which they were added. A key that does nothing now is left out. */
export function grouped(all: readonly Key[]): Map<string, Key[]> {
  const groups = new Map<string, Key[]>();
  for (const k of all) if (k.does !== "") groups.set(k.group, [...(groups.get(k.group) ?? []), k]);
  return groups;
}
