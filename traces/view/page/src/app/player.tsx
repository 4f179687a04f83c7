// What moves the cursor below the diagram: buttons, a slider over all moments, and the speed of playing.

import { milliseconds } from "./words.ts";
import { shown, spoken } from "./keys.ts";
import { sentenceOf } from "../model/search.ts";
import { chosen, cursor, embedded, moveCursor, now, runs, spanAtCursor } from "./state.ts";
import { showDetails } from "./view.ts";
import {
  jumps, jumpTo, nextOf, playing, reveal, speed, speeds, speedWords, step, togglePlay, type Jump,
} from "./transport.ts";
import { none } from "../model/run.ts";

export function Player() {
  const run = runs.value[0];
  const last = run?.moments.length ?? 0;
  const at = cursor.value;
  return (
    <section class="player" aria-label="Cursor">
      <div class="player-row">
        <Press label="One moment back" key_="ArrowLeft" off={at === 0} run={() => step(-1)}>◁</Press>
        <Press label={playing.value ? "Stop" : "Play"} key_=" " off={last === 0} run={togglePlay} wide>
          {playing.value ? "■ Stop" : "▶ Play"}
        </Press>
        <Press label="One moment on" key_="ArrowRight" off={at >= last} run={() => step(1)}>▷</Press>
        <Scrubber last={last} />
        <output class="player-time" aria-live="off">{milliseconds(now.value)}</output>
      </div>
      <Happened />
      <div class="player-row player-jumps">
        {jumps.value.map((j) => <JumpButtons key={j.key} jump={j} at={at} />)}
        <label class="player-speed">
          <span>Speed</span>
          <input
            type="range" min={0} max={speeds.length - 1} value={speed.value} aria-valuetext={speedWords.value}
            onInput={(e) => (speed.value = Number(e.currentTarget.value))}
          />
          <span class="dim">{speedWords.value}</span>
        </label>
      </div>
    </section>
  );
}

/** What is chosen, or else what happened last; with a button that shows all that the trace says of it. */
function Happened() {
  const c = chosen.value, run = runs.value[c?.run ?? 0];
  const span = c ? c.span : spanAtCursor();
  if (!run || span === none) return <p class="player-happened dim">Nothing has happened yet.</p>;
  return (
    <p class="player-happened">
      <span class="dim">{c ? "Chosen: " : "Happened last: "}</span>
      <span class="player-what">{`${run.processName(span)} ${sentenceOf(run, span)}`}</span>
      {!embedded.value && (
        <button
          type="button" class="small" aria-keyshortcuts="Enter"
          onClick={() => showDetails({ run: runs.value.indexOf(run), span })}
        >Details</button>
      )}
    </p>
  );
}

/** The slider over all moments. */
function Scrubber({ last }: { last: number }) {
  return (
    <input
      class="scrubber" type="range" min={0} max={last} step={1} value={cursor.value} disabled={last === 0}
      aria-label="Cursor over the moments of the run" aria-valuetext={cursorWords()}
      onInput={(e) => {
        playing.value = false;
        moveCursor(Number(e.currentTarget.value));
        reveal();
      }}
    />
  );
}

/** Where the cursor is, for a person who hears it. */
export function cursorWords(): string {
  const run = runs.value[0];
  const span = spanAtCursor();
  if (!run || span === none) return "before the beginning";
  const ends = run.moments[cursor.value - 1]! % 2 === 1;
  return `${milliseconds(now.value)}: ${run.name(span)} of ${run.processName(span)} ${ends ? "ends" : "begins"}, ` +
    `moment ${cursor.value} of ${run.moments.length}`;
}

/** The two buttons of a kind of moments; none if the run has no such moment. */
function JumpButtons({ jump, at }: { jump: Jump; at: number }) {
  const places = jump.places();
  if (places.length === 0) return null;
  const off = (d: 1 | -1) => (jump.more ? !jump.more(d) : nextOf(places, at, d) === none);
  return (
    <span class="pair" role="group" aria-label={`${jump.one}s`}>
      <Press
        label={`The ${jump.one} before`} key_={`Shift+${jump.key.toUpperCase()}`} off={off(-1)}
        run={() => void jumpTo(jump, -1)}
      >◂</Press>
      <Press label={`The next ${jump.one}`} key_={jump.key} off={off(1)} run={() => void jumpTo(jump, 1)}>
        {jump.one} ▸
      </Press>
    </span>
  );
}

interface PressProps {
  label: string;
  key_: string;
  off: boolean;
  run: () => void;
  wide?: boolean;
  children: preact.ComponentChildren;
}

/** A button that a key presses, too. One that is off keeps the focus, so that a person does not lose their place. */
function Press({ label, key_, off, run, wide, children }: PressProps) {
  return (
    <button
      type="button" class={wide ? "wide" : ""} aria-label={label} aria-keyshortcuts={spoken(key_)} aria-disabled={off}
      title={`${label} (key ${shown(key_).join("+")})`} onClick={() => off || run()}
    >
      <span aria-hidden="true">{children}</span>
    </button>
  );
}
