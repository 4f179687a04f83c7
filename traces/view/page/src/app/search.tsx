// The field in which a person searches, and the list of what was found.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { labelOf } from "../model/search.ts";
import { found, foundAt, goOn, goOnSoon, goTo, query, searching } from "./searching.ts";
import { runs } from "./state.ts";
import { milliseconds } from "./words.ts";

/** The field; the key / has it be focused. */
export function focusSearch(): void {
  const field = document.getElementById("search") as HTMLInputElement | null;
  field?.focus();
  field?.select();
}

const most = 100; // in the list

export function SearchBox() {
  const open = useSignal(false);
  const at = useSignal(-1); // in the list
  const box = useRef<HTMLElement>(null);
  const listed = Math.min(most, found.value.length);
  // A key may come before what the one before it changed is drawn, so that keys ask anew.
  const isShown = () => open.value && query.value.trim() !== "" && found.value.length > 0;
  const shown = isShown();
  const move = (to: number) => {
    at.value = Math.max(-1, Math.min(Math.min(most, found.value.length) - 1, to));
    document.getElementById(`found-${at.value}`)?.scrollIntoView({ block: "nearest" });
  };
  const take = (which: number) => {
    goTo(which);
    open.value = false;
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      open.value = true;
      move(at.value + (e.key === "ArrowDown" ? 1 : -1));
    } else if (e.key === "Enter") {
      if (at.value >= 0) take(at.value);
      else goOnSoon(e.shiftKey ? -1 : 1);
    } else if (e.key === "Escape") {
      if (isShown()) open.value = false;
      else if (query.value !== "") query.value = "";
      else (e.target as HTMLElement).blur();
    } else return;
    e.preventDefault();
  };
  return (
    <search ref={box} class="search" onFocusOut={(e: FocusEvent) => {
      if (!box.current!.contains(e.relatedTarget as Node | null)) open.value = false;
    }}>
      <input
        id="search" role="combobox" placeholder="Search (key /)" autocomplete="off" spellcheck={false}
        aria-label="Search: name, process, id, number, key, request, text of the story" aria-keyshortcuts="/"
        aria-expanded={shown} aria-controls="found" aria-autocomplete="list" value={query.value}
        {...(shown && at.value >= 0 ? { "aria-activedescendant": `found-${at.value}` } : {})}
        onInput={(e) => {
          query.value = e.currentTarget.value;
          open.value = true;
          at.value = -1;
        }}
        onFocus={() => (open.value = true)} onKeyDown={onKeyDown}
      />
      {found.value.length > 0 && (
        <span class="pair">
          <button type="button" aria-label="The match before" aria-keyshortcuts="Shift+N" onClick={() => goOn(-1)}>
            ◂
          </button>
          <button type="button" aria-label="The next match" aria-keyshortcuts="N" onClick={() => goOn(1)}>▸</button>
        </span>
      )}
      <span class="dim" role="status">{countWords()}</span>
      <div id="found" role="listbox" aria-label="What was found" class="found" hidden={!shown}>
        {shown && <Found listed={listed} at={at.value} take={take} />}
      </div>
    </search>
  );
}

/** How many were found, and which of them is chosen. */
function countWords(): string {
  const n = found.value.length;
  if (query.value.trim() === "") return "";
  if (searching.value && n === 0) return "searching";
  const all = n === 0 ? "nothing found" : n === 1 ? "1 match" : `${n.toLocaleString("en")} matches`;
  if (searching.value) return `${all} so far`;
  return foundAt.value >= 0 ? `${(foundAt.value + 1).toLocaleString("en")} of ${n.toLocaleString("en")}` : all;
}

function Found({ listed, at, take }: { listed: number; at: number; take: (which: number) => void }) {
  const more = found.value.length - listed;
  return (
    <>
      {found.value.slice(0, listed).map((c, i) => {
        const run = runs.value[c.run]!;
        const label = labelOf(run, c.span);
        return (
          <div
            key={i} id={`found-${i}`} role="option" aria-selected={i === at} class="found-one"
            onPointerDown={(e) => e.preventDefault()} onClick={() => take(i)}
          >
            <span class="dim">
              {runs.value.length > 1 && `${run.head.name} `}{milliseconds(run.start[c.span]!)} {run.processName(c.span)}
            </span>
            <span>{label.line ? `${label.name}: ${label.line}` : label.name}</span>
          </div>
        );
      })}
      {more > 0 && (
        <div role="option" aria-disabled="true" aria-selected={false} class="dim found-more">
          and {more.toLocaleString("en")} more: the next one is the key N, or narrow the search
        </div>
      )}
    </>
  );
}
