// What the pointer is at, in words.

import { runs } from "../app/state.ts";
import { milliseconds } from "../app/words.ts";
import { comparison, same, wordOf } from "../model/comparison.ts";
import { none, type Run } from "../model/run.ts";
import { fateWords } from "./draw/prepare.ts";
import type { Hit } from "./draw/scene.ts";

const mostAttributes = 12;

export interface Told {
  title: string;
  lines: string[];
  attributes: { key: string; value: string }[];
}

/** What a span or a message is, in words. */
export function tell(run: Run, hit: Hit): Told {
  const { span, arrow } = hit;
  const lines: string[] = [];
  let title = run.name(span);
  if (arrow === none) {
    const wide = run.end[span]! - run.start[span]!;
    lines.push(`${run.processName(span)}, ${milliseconds(run.start[span]!)}` +
      (wide > 0 ? `, for ${milliseconds(wide)}` : ""));
    const how = wordOf(comparison.value?.howOf(hit.run, span) ?? same);
    if (how !== "") lines.push(how);
    for (const k of linesOf(run, span)) lines.push(run.head.lines[k]!);
  } else {
    const from = run.arrows.from[arrow]!, to = run.arrows.to[arrow]!;
    if (from & 1) title += ", the answer";
    const sent = from & 1 ? run.end[span]! : run.start[span]!;
    const arrived = to === none ? "" : run.processName(to >> 1);
    const at = to === none ? 0 : to & 1 ? run.end[to >> 1]! : run.start[to >> 1]!;
    lines.push(`from ${run.processName(span)}, ${milliseconds(sent)}` +
      (to === none ? "" : ` to ${arrived}, ${milliseconds(at)}: ${milliseconds(at - sent)} on its way`));
    const fate = fateWords(run.arrows.fate[arrow]!);
    if (fate !== "") lines.push(fate);
  }
  const attributes = run.attributes(span).map((a) => ({ key: a.key, value: shortened(String(a.value)) }));
  return { title, lines, attributes };
}

const shortened = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

const lineIndex = new WeakMap<Run, Map<number, number[]>>();

/** The lines of the story that tell of a span. */
function linesOf(run: Run, span: number): number[] {
  let index = lineIndex.get(run);
  if (!index) {
    lineIndex.set(run, (index = new Map()));
    for (let k = 0; k < run.lines.count; k++) {
      const list = index.get(run.lines.span[k]!);
      if (list) list.push(k);
      else index.set(run.lines.span[k]!, [k]);
    }
  }
  return (index.get(span) ?? []).slice(0, 3);
}

interface Props {
  hit: Hit;
  x: number;
  y: number;
  width: number;
}

/** A small box beside the pointer. */
export function Tooltip({ hit, x, y, width }: Props) {
  const run = runs.value[hit.run];
  if (!run) return null;
  const { title, lines, attributes } = tell(run, hit);
  const right = x > width / 2;
  return (
    <div class="diagram-tooltip" style={{
      top: `${y + 14}px`, ...(right ? { right: `${width - x + 8}px` } : { left: `${x + 12}px` }),
    }}>
      <strong>{title}</strong>
      {lines.map((l, i) => <div key={i}>{l}</div>)}
      <dl>
        {attributes.slice(0, mostAttributes).map((a) => (
          <div key={a.key}><dt>{a.key}</dt><dd>{a.value}</dd></div>
        ))}
      </dl>
      {attributes.length > mostAttributes && <div class="more">and {attributes.length - mostAttributes} more</div>}
    </div>
  );
}
