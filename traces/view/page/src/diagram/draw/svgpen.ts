// A pen that makes an SVG: for saving, for printing, and for the samples of the legend.

import { cut, widthOf, type Lettering, type Pen, type Stroke } from "./pen.ts";

const space = "http://www.w3.org/2000/svg";

/** A text without what no XML file may have, which a trace may name things with. */
export const sound = (text: string): string =>
  text.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd");

const short = (n: number) => String(Math.round(n * 100) / 100);

let clips = 0;

export class SvgPen implements Pen {
  readonly root: SVGSVGElement;
  private path = "";
  private into: Element;

  constructor(width: number, height: number, title: string) {
    this.root = document.createElementNS(space, "svg");
    const set = (name: string, value: string) => this.root.setAttribute(name, value);
    set("xmlns", space);
    set("width", short(width));
    set("height", short(height));
    set("viewBox", `0 0 ${short(width)} ${short(height)}`);
    set("font-family", "system-ui, sans-serif");
    set("role", "img");
    this.into = this.root;
    this.add("title", {}).textContent = sound(title);
  }

  private add(name: string, attributes: Record<string, string>): Element {
    const element = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    this.into.append(element);
    return element;
  }

  box(x: number, y: number, width: number, height: number): void {
    this.path += `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}z`;
  }

  move(x: number, y: number): void {
    this.path += `M${short(x)} ${short(y)}`;
  }

  line(x: number, y: number): void {
    this.path += `L${short(x)} ${short(y)}`;
  }

  close(): void {
    this.path += "z";
  }

  disc(x: number, y: number, radius: number): void {
    const r = short(radius), d = short(2 * radius);
    this.path += `M${short(x - radius)} ${short(y)}a${r} ${r} 0 1 0 ${d} 0a${r} ${r} 0 1 0 -${d} 0z`;
  }

  fill(colour: string, alpha = 1): void {
    if (this.path !== "") {
      this.add("path", { d: this.path, fill: colour, ...(alpha < 1 ? { "fill-opacity": short(alpha) } : {}) });
    }
    this.path = "";
  }

  stroke(as: Stroke): void {
    if (this.path !== "") {
      this.add("path", {
        d: this.path, fill: "none", stroke: as.colour, "stroke-width": short(as.width),
        ...(as.alpha !== undefined && as.alpha < 1 ? { "stroke-opacity": short(as.alpha) } : {}),
        ...(as.dash?.length ? { "stroke-dasharray": as.dash.join(" ") } : {}),
      });
    }
    this.path = "";
  }

  text(x: number, baseline: number, text: string, as: Lettering): void {
    const shown = cut(text, as);
    if (shown === "") return;
    const anchor = { left: "start", center: "middle", right: "end" }[as.align ?? "left"];
    this.add("text", {
      x: short(x), y: short(baseline), fill: as.colour, "font-size": short(as.size), "text-anchor": anchor,
      ...(as.bold ? { "font-weight": "600" } : {}),
    }).textContent = sound(shown);
  }

  measure(text: string, size: number, bold?: boolean): number {
    return widthOf(text, size, bold);
  }

  clip(x: number, y: number, width: number, height: number): void {
    const id = `clip-${++clips}`;
    const area = this.add("clipPath", { id });
    const box = document.createElementNS(space, "rect");
    for (const [key, value] of Object.entries({ x, y, width, height })) box.setAttribute(key, short(value));
    area.append(box);
    this.into = this.add("g", { "clip-path": `url(#${id})` });
  }

  unclip(): void {
    this.into = this.root;
  }
}
