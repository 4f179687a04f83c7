// What the trace says of the chosen span.

import { useRef, useState } from "preact/hooks";
import { CopyButton } from "../app/copy.tsx";
import { choose, chosen, runs } from "../app/state.ts";
import { counted, duration, instant, milliseconds } from "../app/words.ts";
import { commandsFor, type Command } from "../model/commands.ts";
import { neighbours } from "../model/graph.ts";
import { linesOf } from "../model/lines.ts";
import { sentenceOf } from "../model/search.ts";
import { none, type Link, type Run, type SpanEvent } from "../model/run.ts";
import { Attributes } from "./attributes.tsx";
import { Explanation } from "./explanation.tsx";
import { LaboratoryOfSpan } from "./laboratory-span.tsx";
import "./details.css";

export function DetailsPanel() {
  const c = chosen.value;
  const run = c && runs.value[c.run];
  if (!c || !run || c.span >= run.spans) {
    return (
      <p class="dim">
        Choose an event: click one in the diagram or a line of the story, search for it, or go to it with the keys.
        What the trace says of it stands here.
      </p>
    );
  }
  return <Details key={`${c.run}:${c.span}`} run={run} which={c.run} span={c.span} />;
}

interface Of {
  run: Run;
  which: number;
  span: number;
}

function Details({ run, which, span }: Of) {
  const events = run.events(span), links = run.links(span);
  const { causes, effects } = neighbours(run, span);
  const attributes = run.attributes(span);
  return (
    <article class="details">
      <Facts run={run} which={which} span={span} />
      <LaboratoryOfSpan of={{ run: which, span }} />
      <Explanation which={which} span={span} />
      <Section title="Attributes" n={attributes.length}><Attributes of={attributes} name="Attributes" /></Section>
      <Section title="Events" n={events.length}>{events.map((e, i) => <Event key={i} event={e} />)}</Section>
      <Section title="Links" n={links.length}>
        {links.map((l, i) => <LinkOf key={i} link={l} run={run} which={which} />)}
      </Section>
      <Section title="Causes" n={causes.length}><Spans all={causes} run={run} which={which} /></Section>
      <Section title="Effects" n={effects.length}><Spans all={effects} run={run} which={which} /></Section>
      <Section title="Commands" n={1}>
        {commandsFor(run, span).map((command) => <CommandOf key={command.does} command={command} />)}
      </Section>
    </article>
  );
}

function Facts({ run, which, span }: Of) {
  const start = run.start[span]!, took = run.end[span]! - start;
  const lines = linesOf(run, span);
  const id = run.id(span), trace = run.traceId(span);
  const status = run.statusText(span);
  return (
    <>
      <div>
        <h2>{run.name(span)}</h2>
        {lines.map((k) => <StoryLine key={k} run={run} line={k} />)}
      </div>
      <dl class="facts">
        {runs.value.length > 1 && <Fact name="Run">{runs.value[which]!.head.name}</Fact>}
        <Fact name="Process">{run.processName(span)}</Fact>
        <Fact name="Kind">{run.kind(span)}</Fact>
        <Fact name="Time"><span title={instant(run.head.epoch, start)}>{milliseconds(start)}</span></Fact>
        <Fact name="Duration">{duration(took)}</Fact>
        {run.failed[span] === 1 && <Fact name="Status"><b class="bad">error</b>{status && `: ${status}`}</Fact>}
        <Fact name="Span"><code>{id}</code> <CopyButton text={id} what="the span's id" /></Fact>
        <Fact name="Trace"><code>{trace}</code> <CopyButton text={trace} what="the trace's id" /></Fact>
      </dl>
    </>
  );
}

function StoryLine({ run, line }: { run: Run; line: number }) {
  const bad = run.lines.bad[line] === 1;
  return (
    <p class={bad ? "told bad" : "told"}>
      {bad && <span title="trouble">⚠<span class="unseen">trouble: </span> </span>}
      {run.head.lines[line]}
    </p>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function Section({ title, n, children }: { title: string; n: number; children: preact.ComponentChildren }) {
  return n === 0 ? null : <section><h3>{title}</h3>{children}</section>;
}

function Event({ event }: { event: SpanEvent }) {
  return (
    <div class="item">
      <p><b>{event.name}</b> <span class="dim">at {milliseconds(event.at)}</span></p>
      <Attributes of={event.attributes} name={`Attributes of the event ${event.name}`} />
    </div>
  );
}

function LinkOf({ link, run, which }: { link: Link; run: Run; which: number }) {
  return (
    <div class="item">
      {link.to === none
        ? <p><code>{link.id}</code> <span class="dim">(this page does not have it)</span></p>
        : <SpanButton run={run} which={which} span={link.to} />}
      <Attributes of={link.attributes} name="Why it is linked" />
    </div>
  );
}

const few = 20;

/** Spans as buttons that choose them; of many the first ones, until all are asked for. */
function Spans({ all, run, which }: { all: number[]; run: Run; which: number }) {
  const [more, show] = useState(false);
  return (
    <ul class="spans">
      {(more ? all : all.slice(0, few)).map((s) => <li key={s}><SpanButton run={run} which={which} span={s} /></li>)}
      {!more && all.length > few && (
        <li><button type="button" onClick={() => show(true)}>Show all {counted(all.length, "event")}</button></li>
      )}
    </ul>
  );
}

/** A button that chooses a span. */
export function SpanButton({ run, which, span }: Of) {
  return (
    <button type="button" class="span-button" onClick={() => choose({ run: which, span })}>
      <span class="dim">{milliseconds(run.start[span]!)} {run.processName(span)}</span>
      <span>{sentenceOf(run, span)}</span>
    </button>
  );
}

/** A line for a shell, with a button that copies it. */
export function CommandOf({ command }: { command: Command }) {
  const code = useRef<HTMLElement>(null);
  return (
    <div class="command">
      <p>{command.does}</p>
      <code ref={code}>{command.line}</code>
      <CopyButton text={command.line} what={`the command: ${command.does}`} from={() => code.current} />
    </div>
  );
}
