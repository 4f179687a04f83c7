// What all plots have in common: a heading, a line that says what is shown, axes, and the numbers as a table.

import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { useWidth } from "./width.ts";

/** How high a plot is, and the room for its axes. */
export const height = 170;
export const margin = { left: 56, right: 12, top: 18, bottom: 34 };

/** A table of the numbers of a plot. */
export interface Numbers {
  head: string[];
  rows: (string | number)[][];
}

interface Props {
  title: string;
  /** One line that says what is shown, and how. */
  says: ComponentChildren;
  /** The same as a text, for who does not see the drawing. */
  desc: string;
  numbers: () => Numbers;
  high?: number;
  children: (width: number) => ComponentChildren;
}

let made = 0;

export function Plot({ title, says, desc, numbers, high = height, children }: Props) {
  const [box, width] = useWidth<HTMLElement>();
  const id = useSignal(`plot-${++made}`).value;
  return (
    <figure class="plot" ref={box} aria-labelledby={`${id}-name`}>
      <h2 id={`${id}-name`}>{title}</h2>
      <figcaption class="dim">{says}</figcaption>
      {width > 0 && (
        <svg width={width} height={high} role="img" aria-labelledby={`${id}-title ${id}-desc`}>
          <title id={`${id}-title`}>{title}</title>
          <desc id={`${id}-desc`}>{desc}</desc>
          {children(width)}
        </svg>
      )}
      <NumbersTable title={title} numbers={numbers} />
    </figure>
  );
}

/** How many rows of a table are shown at most. */
const most = 200;

/** The numbers as a table, which a person opens. */
function NumbersTable({ title, numbers }: { title: string; numbers: () => Numbers }) {
  const open = useSignal(false);
  const table = open.value ? numbers() : null;
  return (
    <details onToggle={(e) => (open.value = e.currentTarget.open)}>
      <summary>The numbers, as a table</summary>
      {table && (
        <div class="plot-scroll" tabIndex={0} role="region" aria-label={`${title}: the numbers`}>
          <table>
            <caption class="plot-hidden">{title}</caption>
            <thead>
              <tr>
                {table.head.map((h) => (
                  <th key={h} scope="col">
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.slice(0, most).map((row, k) => (
                <tr key={k}>
                  {row.map((cell, c) =>
                    c === 0 ? (
                      <th key={c} scope="row">
                        {cell}
                      </th>
                    ) : (
                      <td key={c}>{cell}</td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
          {table.rows.length > most && <p class="dim">{table.rows.length - most} more rows are not listed.</p>}
        </div>
      )}
    </details>
  );
}

type Scale = ((n: number) => number) & { range: () => number[] };

interface AxesProps {
  x: Scale;
  y: Scale;
  xTicks: number[];
  yTicks: number[];
  xText: (n: number) => string;
  yText: (n: number) => string;
  xName: string;
}

/** The axes of a plot, with lines across at the ticks of the second one. */
export function Axes({ x, y, xTicks, yTicks, xText, yText, xName }: AxesProps) {
  const [left, right] = x.range() as [number, number];
  const bottom = y.range()[0]!;
  return (
    <g class="plot-axes">
      {yTicks.map((t) => (
        <g key={t} transform={`translate(0,${y(t)})`}>
          <line x1={left} x2={right} />
          <text x={left - 6} y={4} text-anchor="end">
            {yText(t)}
          </text>
        </g>
      ))}
      {xTicks.map((t) => (
        <g key={t} transform={`translate(${x(t)},${bottom})`}>
          <line y2={4} />
          <text y={16} text-anchor="middle">
            {xText(t)}
          </text>
        </g>
      ))}
      <text x={right} y={bottom + 29} text-anchor="end">
        {xName}
      </text>
    </g>
  );
}

/** A time in its unit, with three digits. */
export function timeText(ns: number): string {
  const digits = (n: number) => Number(n.toPrecision(3)).toString();
  if (ns === 0) return "0";
  if (ns < 1e3) return `${digits(ns)}ns`;
  if (ns < 1e6) return `${digits(ns / 1e3)}µs`;
  if (ns < 1e9) return `${digits(ns / 1e6)}ms`;
  return `${digits(ns / 1e9)}s`;
}

/** A number, with its thousands told apart. */
export const numberText = (n: number) => (n >= 1e6 ? `${Number((n / 1e6).toPrecision(3))}M` : n.toLocaleString("en"));
