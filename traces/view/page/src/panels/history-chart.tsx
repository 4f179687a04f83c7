// The clients' history as a drawing: a lane for each client, a bar for each operation.

import { useSignal } from "@preact/signals";
import { scaleLinear, type ScaleLinear } from "d3-scale";
import { now } from "../app/state.ts";
import { milliseconds } from "../app/words.ts";
import { answerOf, askedOf, childrenOf, faultsOf, stateWords } from "../model/history.ts";
import type { Run } from "../model/run.ts";
import { barsOf, history as shownHistory, look, looked, part, type Bar, type Shown } from "./history-view.ts";
import { useWidth } from "./width.ts";

const names = 68,
  lane = 34,
  bar = 18,
  top = 22;
/** How high the drawing is at most: more lanes are scrolled to, and only those in view are drawn. */
const most = 12 * lane;

export function HistoryChart({ h }: { h: Shown }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const scrolled = useSignal(0);
  const { history, run } = h;
  const { from, to } = part.value;
  const x = scaleLinear([from, to], [names, Math.max(names + 50, width - 8)]);
  const height = history.clients.length * lane;
  const first = Math.floor(scrolled.value / lane);
  const visible = history.clients.slice(first, first + Math.ceil(most / lane) + 1);
  let joined = 0;
  const lanes = visible.map((client, k) => {
    const bars = barsOf(run, history, history.lanes.get(client)!, from, to, x, looked.value);
    for (const b of bars) if (b.stands > 1) joined += b.stands;
    return { client, bars, y: (first + k) * lane };
  });
  return (
    <div ref={box}>
      <div
        class="history-lanes"
        tabIndex={0}
        role="region"
        aria-label="The clients' operations over time"
        style={{ maxHeight: `${most + top}px` }}
        onScroll={(e) => (scrolled.value = e.currentTarget.scrollTop)}
      >
        <svg width={Math.max(1, width)} height={height + top} role="img" aria-labelledby="history-title history-desc">
          <title id="history-title">The clients’ operations</title>
          <desc id="history-desc">
            A bar for each operation, from its asking to its answer, in the lane of its client. The dark part is when
            it took effect. The table below has the same in words.
          </desc>
          <Hatch />
          {width > 0 && <Ticks x={x} count={Math.max(2, Math.floor(width / 110))} height={height + top} />}
          {lanes.map(({ client, bars, y }) => (
            <g key={client} transform={`translate(0,${y + top})`}>
              <text x={0} y={lane / 2 + 4} class="history-name">
                {run.head.processes[client]!.name}
              </text>
              {bars.map((b) => (
                <OneBar key={b.operation} h={h} b={b} x={x} from={from} to={to} />
              ))}
            </g>
          ))}
          <Cursor x={x} from={from} to={to} height={height + top} />
        </svg>
      </div>
      {joined > 0 && (
        <p class="dim">
          {joined.toLocaleString("en")} operations are too short to be drawn apart: zoom the diagram in, and draw only
          its part.
        </p>
      )}
      <Legend />
    </div>
  );
}

type Scale = (ns: number) => number;

/** What is without a place in the order is hatched. */
function Hatch() {
  return (
    <defs>
      <pattern id="history-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="2.5" height="6" class="history-hatch" />
      </pattern>
    </defs>
  );
}

function Ticks({ x, count, height }: { x: ScaleLinear<number, number>; count: number; height: number }) {
  const [from, to] = x.domain() as [number, number];
  return x.ticks(count).map((t) => (
    <g key={t} transform={`translate(${x(t)},0)`}>
      <line y1={top - 4} y2={height} class="history-tick" />
      <text y={12} text-anchor={x(t) > x.range()[1]! - 24 ? "end" : "middle"} class="history-small">
        {timeText(t, to - from)}
      </text>
    </g>
  ));
}

function Cursor({ x, from, to, height }: { x: Scale; from: number; to: number; height: number }) {
  if (shownHistory.value?.number !== 0 || now.value < from || now.value > to) return null;
  return <line x1={x(now.value)} x2={x(now.value)} y1={top - 6} y2={height} class="history-cursor" />;
}

function OneBar({ h, b, x, from, to }: { h: Shown; b: Bar; x: Scale; from: number; to: number }) {
  const { run, history } = h;
  const op = history.operations[b.operation]!;
  const y = (lane - bar) / 2;
  const answer = answerOf(run, op);
  const label = `${askedOf(run, op)}${answer ? ` → ${answer}` : ""}`;
  const placed = op.state === "placed" && op.to >= from && op.from <= to;
  const point = placed ? { x: x(Math.max(from, op.from)), end: x(Math.min(to, op.to)) } : null;
  const chars = Math.floor((b.width - 8) / 6.2);
  return (
    <g
      class={`history-bar history-${op.state}${looked.value === b.operation ? " history-looked" : ""}`}
      onClick={() => look(h.number, op.span)}
    >
      <title>{`${run.attribute(op.span, run.head.history.request) ?? ""}: ${label}; ${stateWords[op.state]}`}</title>
      <rect x={b.x} y={y} width={Math.max(b.width, 1.5)} height={bar} rx={2} class="history-body" />
      {op.state !== "placed" && b.stands === 1 && (
        <rect x={b.x} y={y} width={Math.max(b.width, 1.5)} height={bar} rx={2} fill="url(#history-hatch)" />
      )}
      {b.width > 3 && b.stands === 1 && <Retries run={run} span={op.span} x={x} from={from} to={to} y={y + bar} />}
      {chars > 3 && b.stands === 1 && (
        <text x={b.x + 4} y={y + bar / 2 + 4} class="history-label">
          {label.length > chars ? `${label.slice(0, chars - 1)}…` : label}
        </text>
      )}
      {point && b.stands === 1 && (
        <rect
          x={point.x}
          y={point.end - point.x > 12 ? y + bar - 5 : y + 1}
          width={Math.max(2.5, point.end - point.x)}
          height={point.end - point.x > 12 ? 4 : bar - 2}
          class="history-point"
        />
      )}
      {op.state === "misfit" && (
        <text x={b.x + b.width / 2} y={y - 1} text-anchor="middle" class="history-cross">
          ✕
        </text>
      )}
      {b.width > 3 && b.stands === 1 && faultsOf(run, op).length > 0 && (
        <path d={`M${b.x},${y - 1} l4,-6 l4,6 z`} class="history-fault">
          <title>a fault had a part in it</title>
        </path>
      )}
    </g>
  );
}

/** When an operation was tried again. */
function Retries({
  run,
  span,
  x,
  from,
  to,
  y,
}: {
  run: Run;
  span: number;
  x: Scale;
  from: number;
  to: number;
  y: number;
}) {
  const starts = [...childrenOf(run, span)].slice(1, 40).map((t) => run.start[t]!);
  return starts
    .filter((at) => at >= from && at <= to)
    .map((at) => <line key={at} x1={x(at)} x2={x(at)} y1={y} y2={y + 4} class="history-try" />);
}

/** A time, as finely as it takes to tell it from its neighbours. */
function timeText(ns: number, span: number): string {
  if (span > 20e9) return `${(ns / 1e9).toFixed(0)}s`;
  if (span > 20e6) return `${(ns / 1e6).toFixed(0)}ms`;
  return milliseconds(ns);
}

/** What the signs mean. */
function Legend() {
  const item = (kind: string, words: string) => (
    <li>
      <span class={`history-key history-key-${kind}`} aria-hidden="true" />
      {words}
    </li>
  );
  return (
    <ul class="history-legend">
      {item("point", "it took effect then")}
      {item("other", "without a place in the order: hatched")}
      {item("fault", "a fault had a part in it")}
      {item("try", "tried again")}
    </ul>
  );
}
