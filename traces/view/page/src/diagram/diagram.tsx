// The space-time diagram: a lane for each process, messages as arrows.

import { effect, signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { axis, choose, chosen, cursor, kept, moveCursor, runs, shown, theme } from "../app/state.ts";
import { comparison } from "../model/comparison.ts";
import { none } from "../model/run.ts";
import { draw, noteOf } from "./draw/draw.ts";
import { spoken } from "./focus.ts";
import { hitAt } from "./hit.ts";
import { listen } from "./input.ts";
import { Legend } from "./legend.tsx";
import { Minimap, useDark } from "./minimap.tsx";
import { CanvasPen } from "./draw/pen.ts";
import { forgetPalette, hovered, layoutOf, room, sceneOf, width } from "./picture.ts";
import { printInto, titleOf } from "./save.ts";
import { axisOf } from "./draw/layout.ts";
import { placeAt, type Scene } from "./draw/scene.ts";
import { Tooltip } from "./tooltip.tsx";
import { momentsAt } from "./window.ts";
import "./diagram.css";

/** How long the last picture took to draw, in milliseconds, for who measures it. */
export const drawn = { pictures: 0, took: 0 };
const note = signal("");
const pointer = signal({ x: 0, y: 0 });

let current: Scene | null = null;

function paint(canvas: HTMLCanvasElement): void {
  const began = performance.now();
  const scene = sceneOf(width.value);
  const ratio = devicePixelRatio || 1;
  const w = Math.round(scene.layout.width * ratio), h = Math.round(scene.layout.height * ratio);
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const g = canvas.getContext("2d", { alpha: false })!;
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  draw(new CanvasPen(g), scene);
  current = scene;
  note.value = noteOf(scene);
  if (hovered.peek()) hover(pointer.peek().x, pointer.peek().y); // something else may be there now
  drawn.pictures++;
  drawn.took = performance.now() - began;
}

/** Paints again when what it shows has changed, at most once a frame. */
function keepPainted(canvas: HTMLCanvasElement): () => void {
  let asked = 0;
  const stop = effect(() => {
    void [
      room.value, runs.value, axis.value, shown.value, cursor.value, chosen.value, kept.value, theme.value,
      hovered.value, comparison.value,
    ];
    if (width.value === 0 || asked !== 0) return;
    asked = requestAnimationFrame(() => {
      asked = 0;
      paint(canvas);
    });
  });
  return () => {
    stop();
    cancelAnimationFrame(asked);
  };
}

function hover(x: number, y: number): void {
  pointer.value = { x, y };
  const hit = current && hitAt(current, x, y);
  const was = hovered.value;
  if (hit?.span !== was?.span || hit?.arrow !== was?.arrow || hit?.run !== was?.run) hovered.value = hit;
}

function click(x: number, y: number): void {
  if (!current || x < current.layout.left) return;
  const hit = hitAt(current, x, y);
  if (hit) {
    choose({ run: hit.run, span: hit.span });
    return;
  }
  const run = runs.value[0];
  if (run) moveCursor(momentsAt(run, axis.value, placeAt(current, x)));
}

/** What stands above and below the lanes, in pixels: the minimap and the legend. */
const beside = 90;

export function Diagram() {
  const measure = () => {
    if (!box.current) return;
    width.value = box.current.clientWidth;
    room.value = (box.current.parentElement?.parentElement?.clientHeight ?? 0) - beside;
  };

  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const paper = useRef<HTMLDivElement>(null);
  const [, again] = useState(0);
  const dark = useDark();
  useEffect(() => {
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    observer.observe(box.current!.parentElement!.parentElement!);
    const stops = [
      keepPainted(canvas.current!),
      printInto(paper.current!),
      listen(box.current!, {
        hover, click,
        leave: () => (hovered.value = null),
        area: () => axisOf(layoutOf(width.value)),
      }),
    ];
    return () => {
      observer.disconnect();
      for (const stop of stops) stop();
    };
  }, []);
  useEffect(() => {
    forgetPalette();
    if (width.value > 0) paint(canvas.current!);
    again((n) => n + 1);
  }, [dark, theme.value]);
  const hit = hovered.value;
  const height = width.value > 0 ? layoutOf(width.value).height : 0;
  return (
    <section class="diagram" aria-label="Space-time diagram">
      <Minimap />
      <div
        class="diagram-picture" ref={box} tabIndex={0} role="application" aria-roledescription="diagram"
        aria-label={titleOf()}
      >
        <canvas ref={canvas} style={{ height: `${height}px` }} aria-hidden="true" />
        {hit && (hit.arrow !== none || hit.span !== none) && (
          <Tooltip hit={hit} x={pointer.value.x} y={pointer.value.y} width={width.value} />
        )}
      </div>
      <div class="diagram-paper" ref={paper} />
      <div class="hidden-text" aria-live="polite">{spoken()}</div>
      <div class="hidden-text diagram-note">{note.value}</div>
      <Legend />
    </section>
  );
}
