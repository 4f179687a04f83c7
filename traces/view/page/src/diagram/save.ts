// Saves the current view as a picture, and shows it on paper.

import { runs } from "../app/state.ts";
import { draw } from "./draw/draw.ts";
import { CanvasPen } from "./draw/pen.ts";
import { sceneOf } from "./picture.ts";
import { SvgPen } from "./draw/svgpen.ts";

const paperWidth = 1040;

/** What the picture is of, in words. */
export const titleOf = () => `Space-time diagram of ${runs.value.map((r) => r.head.name).join(" and ")}`;

/** The current view as an SVG. */
export function svgOf(width: number, paper: boolean): SVGSVGElement {
  const scene = sceneOf(width, paper);
  const pen = new SvgPen(width, scene.layout.height, titleOf());
  draw(pen, scene);
  return pen.root;
}

/** Saves the current view as an SVG file. */
export function saveSvg(width: number): void {
  const text = new XMLSerializer().serializeToString(svgOf(width, false));
  save(new Blob([`<?xml version="1.0" encoding="UTF-8"?>\n${text}\n`], { type: "image/svg+xml" }), "svg");
}

/** Saves the current view as a PNG file, at twice its size. */
export function savePng(width: number): void {
  const canvas = document.createElement("canvas");
  const scene = sceneOf(width);
  canvas.width = width * 2;
  canvas.height = scene.layout.height * 2;
  const g = canvas.getContext("2d")!;
  g.scale(2, 2);
  draw(new CanvasPen(g), scene);
  canvas.toBlob((blob) => blob && save(blob, "png"), "image/png");
}

/** A name for a file, of the names of the runs. */
export function fileName(names: readonly string[], extension: string): string {
  return `${names.join("-and-").replace(/[^\w.-]+/g, "_") || "run"}.${extension}`;
}

function save(blob: Blob, extension: string): void {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(blob);
  a.download = fileName(runs.value.map((r) => r.head.name), extension);
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}

/** While the page is printed an element has the view as an SVG, and the legend is open; what it returns stops that. */
export function printInto(element: HTMLElement): () => void {
  const legend = element.parentElement!.querySelector("details");
  let open = false;
  const before = () => {
    element.replaceChildren(svgOf(paperWidth, true));
    open = legend?.open ?? false;
    if (legend) legend.open = true;
  };
  const after = () => {
    element.replaceChildren();
    if (legend) legend.open = open;
  };
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
  return () => {
    removeEventListener("beforeprint", before);
    removeEventListener("afterprint", after);
  };
}
