// The panels, one at a time, under tabs. Only those that have something to show are there.

import { computed } from "@preact/signals";
import { addKeys, spoken } from "./keys.ts";
import { tabParts, type TabPart } from "./parts.tsx";
import { tab } from "./state.ts";

/** The panels that have something to show. */
export const panels = computed(() => tabParts.filter((p) => p.there()));

/** The one that is shown: the one that was chosen, or the first if it has nothing to show. */
const current = computed(() => panels.value.find((p) => p.tab === tab.value) ?? panels.value[0]);

/** Adds the keys that show the panels: 1 is the first. */
export function startTabs(): void {
  addKeys(
    Array.from({ length: 9 }, (_, i) => i + 1).map((n) => ({
      key: String(n),
      get does() {
        const p = panels.value[n - 1];
        return p ? `show ${p.title}` : ""; // no such panel: the help leaves it out
      },
      group: "Panels",
      run: () => {
        const p = panels.value[n - 1];
        if (p) tab.value = p.tab;
      },
    })),
  );
}

export function Tabs() {
  const is = current.value;
  if (!is) return null;
  return (
    <section class="panels" aria-label="Panels">
      <div role="tablist" aria-label="Panels" class="tabs" onKeyDown={moveTab}>
        {panels.value.map((p, i) => <TabButton key={p.tab} part={p} n={i + 1} on={p === is} />)}
      </div>
      <div role="tabpanel" id="panel" aria-labelledby={`tab-${is.tab}`} tabIndex={0} class={`panel panel-${is.tab}`}>
        <is.Panel key={is.tab} />
      </div>
    </section>
  );
}

function TabButton({ part, n, on }: { part: TabPart; n: number; on: boolean }) {
  return (
    <button
      type="button" role="tab" id={`tab-${part.tab}`} aria-selected={on} aria-controls="panel" tabIndex={on ? 0 : -1}
      aria-keyshortcuts={spoken(String(n))} onClick={() => (tab.value = part.tab)}
    >
      {part.title}
    </button>
  );
}

/** The arrow keys go from tab to tab, as in any list of tabs. */
function moveTab(event: KeyboardEvent): void {
  const all = panels.value;
  const at = all.findIndex((p) => p === current.value);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const part = all[(to + all.length) % all.length]!;
  tab.value = part.tab;
  document.getElementById(`tab-${part.tab}`)?.focus();
}
