// The kinds of plots: samples over time, numbers of processes over time, a distribution, and bars.

import { scaleBand, scaleLinear, scaleLog } from "d3-scale";
import { bucketsOf, thinned, type Bucket, type Distribution, type Sample, type Series } from "../model/plots.ts";
import { Axes, height, margin, numberText, Plot, timeText } from "./plots-frame.tsx";

/** So many samples are drawn one by one; of more, each column of the drawing shows the least, middle and greatest. */
const mostPoints = 1500;

interface OverTimeProps {
  title: string;
  says: string;
  samples: readonly Sample[];
  last: number;
  choose: (span: number) => void;
}

const times = { xText: timeText, yText: timeText, xName: "time of the run" };

/** Samples over time. */
export function OverTime({ title, says, samples, last, choose }: OverTimeProps) {
  const many = samples.length > mostPoints;
  const greatest = samples.reduce((most, s) => Math.max(most, s.value), 1);
  const note = many
    ? ` ${samples.length.toLocaleString("en")} are too many to draw each: a line goes from the least to the greatest ` +
      "of its time, and the dot is the middle one."
    : "";
  return (
    <Plot
      title={title}
      says={says + note}
      desc={`${says} ${samples.length} values, the greatest ${timeText(greatest)}.`}
      numbers={() =>
        many
          ? bucketTable(bucketsOf(samples, 0, last, 100))
          : {
              head: ["at", "took"],
              rows: samples.map((s) => [timeText(s.at), timeText(s.value)]),
            }
      }
    >
      {(width) => {
        const x = scaleLinear([0, Math.max(1, last)], [margin.left, width - margin.right]);
        const y = scaleLinear([0, greatest], [height - margin.bottom, margin.top]).nice();
        return (
          <>
            <Axes
              x={x}
              y={y}
              xTicks={x.ticks(Math.max(2, width / 110))}
              yTicks={y.ticks(4)}
              {...times}
            />
            {many ? (
              <Ranges
                of={bucketsOf(samples, 0, last, Math.floor((width - margin.left - margin.right) / 3))}
                x={x}
                y={y}
              />
            ) : (
              samples.map((s, k) => (
                <circle
                  key={k}
                  cx={x(s.at)}
                  cy={y(s.value)}
                  r={3}
                  class="plot-dot plot-click"
                  onClick={() => choose(s.span)}
                >
                  <title>{`${timeText(s.value)}, at ${timeText(s.at)}`}</title>
                </circle>
              ))
            )}
          </>
        );
      }}
    </Plot>
  );
}

/** Samples that are too many to draw each. */
function Ranges({ of, x, y }: { of: Bucket[]; x: Place; y: Place }) {
  return of.map((b) => {
    const at = x((b.from + b.to) / 2);
    return (
      <g key={b.from}>
        <line x1={at} x2={at} y1={y(b.least)} y2={y(b.greatest)} class="plot-range" />
        <circle cx={at} cy={y(b.half)} r={1.6} class="plot-dot" />
      </g>
    );
  });
}

const bucketTable = (buckets: Bucket[]) => ({
  head: ["from", "to", "how many", "least", "half", "greatest"],
  rows: buckets.map((b) => [
    timeText(b.from),
    timeText(b.to),
    b.count,
    timeText(b.least),
    timeText(b.half),
    timeText(b.greatest),
  ]),
});

const dashes = ["", "6 3", "2 3", "8 3 2 3", "1 2", "10 4", "4 2"];

/** Numbers of processes over time, each of which holds until the next. */
export function Steps({
  title,
  says,
  series,
  last,
  unit,
}: {
  title: string;
  says: string;
  series: Series[];
  last: number;
  unit: string;
}) {
  const greatest = Math.max(1, ...series.map((s) => s.points.reduce((most, p) => Math.max(most, p.value), 0)));
  const points = series.reduce((sum, s) => sum + s.points.length, 0);
  const high = height + 20 * Math.ceil(series.length / 4);
  return (
    <Plot
      title={title}
      says={says}
      high={high}
      desc={`${says} ${series.map((s) => `${s.name} ends with ${s.points.at(-1)?.value ?? 0}`).join(", ")}.`}
      numbers={() => ({
        head: ["process", "changes", "greatest", "at the end"],
        rows: series.map((s) => [
          s.name,
          s.points.length,
          s.points.reduce((m, p) => Math.max(m, p.value), 0),
          s.points.at(-1)?.value ?? 0,
        ]),
      })}
    >
      {(width) => {
        const x = scaleLinear([0, Math.max(1, last)], [margin.left, width - margin.right]);
        const y = scaleLinear([0, greatest], [height - margin.bottom, margin.top]).nice();
        const ticks = y.ticks(4).filter(Number.isInteger);
        return (
          <>
            <Axes
              x={x}
              y={y}
              xTicks={x.ticks(Math.max(2, width / 110))}
              yTicks={ticks}
              xText={timeText}
              yText={numberText}
              xName="time of the run"
            />
            {series.map((s, k) => {
              const kept = points > 4 * width ? thinned(s.points, (at) => Math.floor(x(at))) : s.points;
              return (
                <path
                  key={s.name}
                  d={stepPath(kept, x, y, last)}
                  class={`plot-line plot-hue-${k % 7}`}
                  stroke-dasharray={dashes[k % 7]!}
                >
                  <title>{s.name}</title>
                </path>
              );
            })}
            <text x={margin.left - 6} y={height - 5} text-anchor="end" class="plot-small">
              {unit}
            </text>
            {series.map((s, k) => {
              const at = {
                x: margin.left + (k % 4) * ((width - margin.left) / 4),
                y: height + 20 * Math.floor(k / 4) + 8,
              };
              return (
                <g key={s.name}>
                  <line
                    x1={at.x}
                    x2={at.x + 22}
                    y1={at.y - 4}
                    y2={at.y - 4}
                    class={`plot-line plot-hue-${k % 7}`}
                    stroke-dasharray={dashes[k % 7]!}
                  />
                  <text x={at.x + 26} y={at.y} class="plot-small">
                    {s.name}
                  </text>
                </g>
              );
            })}
          </>
        );
      }}
    </Plot>
  );
}

type Place = (n: number) => number;

function stepPath(points: Series["points"], x: Place, y: Place, last: number): string {
  let d = "";
  for (const p of points) d += d === "" ? `M${x(p.at)},${y(p.value)}` : `H${x(p.at)}V${y(p.value)}`;
  return d === "" ? d : `${d}H${x(last)}`;
}

interface HistogramProps {
  title: string;
  says: string;
  of: Distribution;
  text: (n: number) => string;
  multiples: boolean;
  what: string;
}

/** A distribution, with its half, and what 99 of 100 are not above. */
export function Histogram({ title, says, of: d, text, multiples, what }: HistogramProps) {
  const words =
    `Half of ${d.count.toLocaleString("en")} are at most ${text(d.half)}, 9 of 10 at most ${text(d.ninety)}, ` +
    `99 of 100 at most ${text(d.ninetyNine)}, all at most ${text(d.most)}.`;
  const most = Math.max(1, ...d.bins.map((b) => b.count));
  return (
    <Plot
      title={title}
      says={`${says} ${words}`}
      desc={`${says} ${words}`}
      numbers={() => ({ head: ["from", "to", what], rows: d.bins.map((b) => [text(b.from), text(b.to), b.count]) })}
    >
      {(width) => {
        const from = d.bins[0]?.from ?? 0,
          to = d.bins.at(-1)?.to ?? 1;
        const log = multiples && from > 0 && to > from;
        const x = (log ? scaleLog() : scaleLinear()).domain([from, to]).range([margin.left, width - margin.right]);
        const y = scaleLinear([0, most], [height - margin.bottom, margin.top]).nice();
        const count = Math.max(2, Math.floor(width / 110));
        const ticks = log ? logTicks(from, to, count) : x.ticks(count);
        return (
          <>
            <Axes
              x={x}
              y={y}
              xTicks={ticks}
              yTicks={y.ticks(4).filter(Number.isInteger)}
              xText={text}
              yText={numberText}
              xName={log ? "each part is a multiple of the one before" : ""}
            />
            {d.bins.map(
              (b) =>
                b.count > 0 && (
                  <rect
                    key={b.from}
                    x={x(b.from) + 0.5}
                    width={Math.max(1, x(b.to) - x(b.from) - 1)}
                    y={Math.min(y(b.count), y(0) - 1)}
                    height={Math.max(1, y(0) - y(b.count))}
                    class="plot-bar"
                  >
                    <title>{`${text(b.from)} to ${text(b.to)}: ${b.count}`}</title>
                  </rect>
                ),
            )}
            <line x1={x(d.half)} x2={x(d.half)} y1={margin.top} y2={y(0)} class="plot-half" />
            <text x={x(d.half)} y={margin.top - 6} class="plot-small">
              half
            </text>
          </>
        );
      }}
    </Plot>
  );
}

/** A few round numbers along a scale of multiples. */
function logTicks(from: number, to: number, count: number): number[] {
  const all = Array.from({ length: 30 }, (_, k) => k - 3).flatMap((power) => [1, 2, 5].map((n) => n * 10 ** power));
  const inside = all.filter((n) => n >= from && n <= to);
  const every = Math.max(1, Math.ceil(inside.length / count));
  return inside.filter((_, k) => k % every === 0);
}

export interface Bar {
  name: string;
  value: number;
  part?: number;
}

/** Bars with names, of which a part may be told apart. */
export function Bars({
  title,
  says,
  bars,
  text,
  what,
  partOf,
}: {
  title: string;
  says: string;
  bars: Bar[];
  text: (n: number) => string;
  what: string;
  partOf?: string;
}) {
  const line = 34;
  const high = bars.length * line + 6;
  return (
    <Plot
      title={title}
      says={says}
      high={high}
      desc={`${says} ${bars.map((b) => `${b.name}: ${text(b.value)}`).join("; ")}.`}
      numbers={() => ({
        head: partOf ? ["type", what, partOf] : ["type", what],
        rows: bars.map((b) => (partOf ? [b.name, text(b.value), text(b.part ?? 0)] : [b.name, text(b.value)])),
      })}
    >
      {(width) => {
        const x = scaleLinear([0, Math.max(1, ...bars.map((b) => b.value))], [0, width - 90]);
        const y = scaleBand(
          bars.map((b) => b.name),
          [0, high - 6],
        );
        return bars.map((b) => (
          <g key={b.name} transform={`translate(0,${y(b.name)})`}>
            <text x={0} y={12}>
              {b.name}
            </text>
            <rect x={0} y={17} width={Math.max(1, x(b.value))} height={11} class="plot-bar" />
            {(b.part ?? 0) > 0 && <rect x={0} y={17} width={Math.max(1, x(b.part!))} height={11} class="plot-part" />}
            <text x={Math.max(1, x(b.value)) + 6} y={27}>
              {text(b.value)}
              {(b.part ?? 0) > 0 && partOf ? `, ${text(b.part!)} ${partOf}` : ""}
            </text>
          </g>
        ));
      }}
    </Plot>
  );
}
