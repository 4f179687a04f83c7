// The story of a run: its lines, of which only those in view are in the page.

import { computed, effect, signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { choose, chosen, cursor, now, runs } from "../app/state.ts";
import { momentsUntil } from "../app/transport.ts";
import { counted, milliseconds } from "../app/words.ts";
import { lineAt } from "../model/lines.ts";
import { none, type Run } from "../model/run.ts";
import { filtered, lastUpTo, visible } from "./storylist.ts";
import "./story.css";

/** Whose lines are shown: the number of a process; none for all. */
const onlyProcess = signal(none);
const onlyTrouble = signal(false);
const which = signal(0);

/** Shows the lines of all processes again when another run is shown: its processes have other numbers. */
let of = runs.value[0];
effect(() => {
  if (runs.value[0] === of) return;
  of = runs.value[0];
  onlyProcess.value = none;
});

const run = computed<Run | undefined>(() => runs.value[which.value] ?? runs.value[0]);

/** The lines that are shown. */
const lines = computed(() =>
  run.value ? filtered(run.value, onlyProcess.value, onlyTrouble.value) : new Int32Array(),
);

/** The place among them of the line that is told when the cursor is where it is; none before the first. */
const current = computed(() => {
  const r = run.value;
  if (!r) return none;
  // The cursor is the first run's: of the second one, it is what has been told until the same time.
  const happened = r === runs.value[0] ? cursor.value : cursor.value === 0 ? 0 : momentsUntil(r, now.value);
  return lastUpTo(lines.value, lineAt(r, happened));
});

/** The place among them of the chosen span's first line; none if it has none. */
const selected = computed(() => {
  const c = chosen.value, r = run.value;
  if (!c || !r || runs.value[c.run] !== r) return none;
  const at = current.value;
  if (at !== none && r.lines.span[lines.value[at]!] === c.span) return at;
  return lines.value.findIndex((k) => r.lines.span[k] === c.span);
});

export function StoryPanel() {
  const r = run.value;
  if (!r) return null;
  return (
    <div class="story">
      <Filters run={r} />
      <List run={r} />
    </div>
  );
}

function Filters({ run }: { run: Run }) {
  const two = runs.value.length > 1;
  return (
    <div class="story-filters">
      {two && (
        <select aria-label="Run" value={which.value} onChange={(e) => (which.value = Number(e.currentTarget.value))}>
          {runs.value.map((r, i) => <option key={i} value={i}>{r.head.name}</option>)}
        </select>
      )}
      <select
        aria-label="Process" value={onlyProcess.value}
        onChange={(e) => (onlyProcess.value = Number(e.currentTarget.value))}
      >
        <option value={none}>All processes</option>
        {run.head.processes.map((p, i) => <option key={i} value={i}>{p.name}</option>)}
      </select>
      <label>
        <input
          type="checkbox" checked={onlyTrouble.value} onChange={(e) => (onlyTrouble.value = e.currentTarget.checked)}
        />{" "}
        only trouble
      </label>
      <span class="dim" role="status">{counted(lines.value.length, "line")}</span>
    </div>
  );
}

function List({ run }: { run: Run }) {
  const box = useRef<HTMLDivElement>(null);
  const [view, look] = useState({ top: 0, height: 800, row: 44 });
  useEffect(() => {
    const b = box.current!;
    const measure = () => {
      look({ top: b.scrollTop, height: b.clientHeight, row: rowOf(b) });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(b);
    b.addEventListener("scroll", measure, { passive: true });
    const stop = effect(() => {
      const to = current.value; // the rows are drawn first
      requestAnimationFrame(() => scrollTo(b, to));
    });
    return () => {
      stop();
      observer.disconnect();
      b.removeEventListener("scroll", measure);
    };
  }, []);
  const all = lines.value, chosenRow = selected.value;
  const { first, last } = visible(all.length, view.top, view.height, view.row);
  const rows = [];
  for (let k = first; k < last; k++) rows.push(<Row key={all[k]} run={run} at={k} line={all[k]!} top={k * view.row} />);
  return (
    <div
      ref={box} class="story-list" role="listbox" aria-label={`Story of ${run.head.name}`} tabIndex={0}
      onKeyDown={(e) => moveLine(e, box.current!)}
      {...(chosenRow >= first && chosenRow < last ? { "aria-activedescendant": `line-${chosenRow}` } : {})}
    >
      <div class="story-all" role="presentation" style={{ height: `${all.length * view.row}px` }}>{rows}</div>
    </div>
  );
}

function Row({ run, at, line, top }: { run: Run; at: number; line: number; top: number }) {
  const span = run.lines.span[line]!;
  const bad = run.lines.bad[line] === 1;
  const text = run.head.lines[line]!;
  return (
    <div
      id={`line-${at}`} role="option" aria-selected={at === selected.value} aria-posinset={at + 1}
      aria-setsize={lines.value.length} class={`row${bad ? " bad" : ""}${at === current.value ? " current" : ""}`}
      style={{ transform: `translateY(${top}px)` }} title={text} onClick={() => chooseLine(at)}
    >
      <span class="row-when">
        <span class="dim">{milliseconds(run.lines.at[line]!)} {run.processName(span)}</span>
        {bad && <b> ⚠ trouble</b>}
        {at === current.value && <b class="unseen"> at the cursor</b>}
      </span>
      <span class="row-text">{text}</span>
    </div>
  );
}

/** Chooses the span of a line. */
function chooseLine(at: number): void {
  const line = lines.value[at];
  if (line !== undefined) choose({ run: runs.value.indexOf(run.value!), span: run.value!.lines.span[line]! });
}

/** The keys of a list: up, down, by a page, to its ends. */
function moveLine(event: KeyboardEvent, box: HTMLElement): void {
  const at = selected.value !== none ? selected.value : current.value;
  const last = lines.value.length - 1;
  const page = Math.max(1, Math.floor(box.clientHeight / rowOf(box)) - 1);
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: last };
  const to = steps[event.key as keyof typeof steps] as number | undefined;
  if (to === undefined || last < 0) return;
  event.preventDefault();
  const next = Math.max(0, Math.min(last, to));
  chooseLine(next);
  scrollTo(box, next);
}

/** How high a row is, in pixels: the style says it. */
const rowOf = (box: HTMLElement) => parseFloat(getComputedStyle(box).getPropertyValue("--row")) || 46;

/** Scrolls a row into view, if it is not. */
function scrollTo(box: HTMLElement, at: number): void {
  if (at === none) return;
  const row = rowOf(box), top = at * row;
  if (top < box.scrollTop || top + row > box.scrollTop + box.clientHeight) {
    box.scrollTop = Math.max(0, top - box.clientHeight / 2);
  }
}
