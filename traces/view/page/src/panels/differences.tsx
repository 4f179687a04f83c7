// Where two runs part, what made them, and what followed; or two protocols, operation by operation.

import { chosen, runs } from "../app/state.ts";
import { milliseconds } from "../app/words.ts";
import { comparison, moved, same, wordOf, type Comparison, type Pair } from "../model/comparison.ts";
import { changesOf } from "../model/changes.ts";
import type { Consequence, Consequences, DiffEvent, Difference, ValueChange } from "../model/difference.ts";
import { none } from "../model/run.ts";
import { AcrossPanel } from "./across.tsx";
import { goTo, goToDifference, twinOfChosen } from "./differences-go.ts";
import { Changes, Users } from "./differences-lists.tsx";
import { elsewhereSaid, isSeen, lookedAt, marks, seen, signed, tallied, why, workload } from "./differences-words.ts";
import "./differences.css";

/** The verdict, in the header. */
export function Verdict() {
  const c = comparison.value;
  if (!c) return null;
  const { kind, difference: d, across } = c.head;
  if (kind === "none") return <p class="verdict" role="status">The runs cannot be compared: {c.head.why}</p>;
  if (across) return <p class="verdict" role="status"><b>two protocols</b>: {workload(across)}</p>;
  const look = d!.verdict === "different outcome" ? "bad" : d!.verdict === "same" ? "good" : "";
  return (
    <p class="verdict" role="status">
      <b class={look}>{d!.verdict}</b>: {d!.why}
      {d!.first && <span class="dim">; they part at {milliseconds(d!.first.at_ns)}</span>}
    </p>
  );
}

export function DifferencesPanel() {
  const c = comparison.value;
  if (!c) return null;
  if (c.head.across) return <AcrossPanel c={c} across={c.head.across} />;
  if (!c.head.difference) {
    return <div class="differences"><h2>Not compared</h2><p>The runs cannot be compared: {c.head.why}</p></div>;
  }
  return <Differences c={c} d={c.head.difference} />;
}

function Differences({ c, d }: { c: Comparison; d: Difference }) {
  const notes = lookedAt(d);
  return (
    <div class="differences">
      <div>
        <h2>{d.verdict}</h2>
        <p>{d.why}</p>
        {[d.a, d.b].map((r, i) => (
          <p key={i} class="dim">{i === 0 ? "A" : "B"}: {r.name}, until {milliseconds(r.end_ns)}</p>
        ))}
      </div>
      {notes.length > 0 && <ul class="plain">{notes.map((n) => <li key={n}>{n}</li>)}</ul>}
      {d.first && <Steps />}
      <Selected c={c} />
      {d.first && <First d={d} />}
      {d.first && <Followed title="What followed from it" all={d.followed} said={seen(d.followed)} />}
      {d.elsewhere.spans > 0 && (
        <Followed title="What else differs" all={d.elsewhere} said={elsewhereSaid(d.elsewhere, d)} />
      )}
      <section>
        <h3>What is the same</h3>
        <p>
          {d.independent.before.toLocaleString("en")} spans before the first divergence, and{" "}
          {d.independent.after.toLocaleString("en")} after it.
        </p>
      </section>
      <Users d={d} more={c.head.more} />
      <Changes title="Keys of the config that differ" all={d.config.map((k) => ({ name: k.key, a: k.a, b: k.b }))} />
    </div>
  );
}

/** The buttons that go from difference to difference. */
function Steps() {
  return (
    <div class="pair" role="group" aria-label="Differences">
      <button type="button" aria-keyshortcuts="Shift+D" onClick={() => goToDifference(-1)}>
        ◂ The difference before
      </button>
      <button type="button" aria-keyshortcuts="d" onClick={() => goToDifference(1)}>The next difference ▸</button>
    </div>
  );
}

/** How the chosen event differs from the same one in the other run. */
function Selected({ c }: { c: Comparison }) {
  const is = chosen.value, run = is && runs.value[is.run];
  if (!is || !run) return null;
  const n = c.pair(is.run, is.span), p = c.pairs[n];
  const twin = twinOfChosen.value;
  const name = <b>{run.name(is.span)}</b>;
  return (
    <section class="selected" aria-live="polite">
      <h3>The chosen event</h3>
      <p>
        {name} of {run.processName(is.span)}{" "}
        {!p || p.how === same ? "is the same in both runs." : said(p)}{" "}
        {twin && (
          <button type="button" class="small" onClick={() => goTo(twin)}>
            Show it in {twin.run === 0 ? "A" : "B"}
          </button>
        )}
      </p>
      {p && <Because c={c} pair={p} />}
      {p && <FieldsOf c={c} pair={p} />}
    </section>
  );
}

function said(p: Pair): string {
  if (p.how === moved) return "moved.";
  const late = p.ending ? ", for the other run is over by then" : "";
  return `${p.spans.includes(none) ? "is " : ""}${wordOf(p.how)}${late}.`;
}

/** What a difference comes of. */
function Because({ c, pair }: { c: Comparison; pair: Pair }) {
  const cause = c.pairs[pair.cause];
  if (!cause) return <p>It comes of no other difference, as far as the traces show.</p>;
  const of = cause.spans[0] !== none ? { run: 0, span: cause.spans[0] } : { run: 1, span: cause.spans[1] };
  const run = runs.value[of.run]!;
  return (
    <p>
      It differs {why(pair.rule, isSeen(pair.rule))}:{" "}
      <button type="button" class="small" onClick={() => goTo(of)}>
        {milliseconds(run.start[of.span]!)} {run.processName(of.span)} {run.name(of.span)}
      </button>
    </p>
  );
}

/** What an event says otherwise in the other run. */
function FieldsOf({ c, pair }: { c: Comparison; pair: Pair }) {
  const [a, b] = runs.value;
  const [spanA, spanB] = pair.spans;
  if (!a || !b || spanA === none || spanB === none) return null;
  const times: ValueChange[] = [];
  const time = (name: string, x: number, y: number) => {
    if (x !== y) times.push({ name, a: milliseconds(x), b: `${milliseconds(y)} (${signed(y - x)})` });
  };
  time("begins", a.start[spanA]!, b.start[spanB]!);
  time("ends", a.end[spanA]!, b.end[spanB]!);
  const ids = c.head.difference?.aligned_by === "ids";
  return <Changes title="" all={[...times, ...changesOf(a, spanA, b, spanB, c.head.ignored, ids)]} />;
}

/** Where the runs begin to differ, what made that, and what both had before. */
function First({ d }: { d: Difference }) {
  const first = d.first!;
  const { text, keys } = first.reason;
  return (
    <section>
      <h3>The first divergence, at {milliseconds(first.at_ns)}</h3>
      <EventLine event={first.span} mark="" />
      {first.origin && <p>which comes of something that is not compared: {first.origin.text}</p>}
      <p>It was made by {text}{keys?.length ? ":" : "."}</p>
      {keys && <Changes title="" all={keys.map((k) => ({ name: k.key, a: k.a, b: k.b }))} />}
      <Changes title="" all={first.fields} />
      {first.before.length > 0 && (
        <>
          <p class="dim">Before it, in both runs:</p>
          <ul class="tree">{first.before.map((e) => <li key={e.id}><EventLine event={e} mark="" /></li>)}</ul>
        </>
      )}
    </section>
  );
}

function Followed({ title, all, said }: { title: string; all: Consequences; said: string }) {
  return (
    <section>
      <h3>{title}</h3>
      <p>{tallied(all)}. {said}</p>
      <ul class="tree">
        {all.tree.map((line, i) => <Line key={i} line={line} />)}
      </ul>
      {all.rest.spans > 0 && all.tree.length > 0 && <p>Besides these: {tallied(all.rest)}.</p>}
    </section>
  );
}

const deepest = 8;

function Line({ line }: { line: Consequence }) {
  const sure = isSeen(line.rule ?? "");
  const reason = line.of ? why(line.rule ?? "", sure) : "";
  return (
    <li style={{ paddingLeft: `${Math.min(line.depth, deepest)}em` }}>
      <EventLine event={line.span} mark={line.change} more={changed(line)} />
      {reason && <span class="reason">{sure ? "" : "? "}{reason}</span>}
      {line.folded.spans > 0 && <span class="reason">… and {tallied(line.folded)}</span>}
    </li>
  );
}

const mostFields = 3;

/** What differs in a span that both runs have, in a few words. */
function changed(line: Consequence): string {
  const words: string[] = [];
  const { begins_later_ns: begins, ends_later_ns: ends } = line;
  if (begins !== 0 && ends !== 0 && Math.abs(begins - ends) <= 1000) words.push(`moved by ${signed(begins)}`);
  else {
    if (begins !== 0) words.push(`begins ${signed(begins)}`);
    if (begins !== 0 || ends !== 0) words.push(`ends ${signed(ends)}`);
  }
  const told = (line.fields ?? []).filter((f) => f.name !== "begins" && f.name !== "ends" &&
    !(f.name.startsWith("event") && f.a && f.b));
  for (const f of told.slice(0, mostFields)) {
    words.push(f.name.startsWith("event") ? `${f.a || f.b} (only in ${f.a ? "A" : "B"})`
      : `${f.name} ${f.a || "none"} → ${f.b || "none"}`);
  }
  if (told.length > mostFields) words.push(`and ${told.length - mostFields} more`);
  return line.change === "only in A" || line.change === "only in B" ? "" : words.join(", ");
}

/** A line that chooses its span. */
function EventLine({ event, mark, more }: { event: DiffEvent; mark: Consequence["change"]; more?: string }) {
  const go = () => {
    for (const [run, r] of runs.value.entries()) {
      const span = r.find(event.id);
      if (span !== none) return goTo({ run, span });
    }
  };
  return (
    <button type="button" class={`event-line how-${mark.replaceAll(" ", "-") || "same"}`} onClick={go}>
      <span class="dim">
        {mark && <b class="mark" title={mark}>{marks[mark]}<span class="unseen"> {mark}</span></b>}{" "}
        {milliseconds(event.at_ns)} {event.process}
      </span>
      <span>{event.text}{more && <span class="dim">: {more}</span>}</span>
    </button>
  );
}
