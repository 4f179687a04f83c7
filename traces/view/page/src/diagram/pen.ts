// What the diagram is drawn with. There are two: one draws on a canvas, and one makes an SVG.

export interface Stroke {
  colour: string;
  width: number;
  alpha?: number;
  dash?: number[];
}

export interface Lettering {
  colour: string;
  size: number;
  bold?: boolean;
  align?: "left" | "center" | "right";
  /** What is longer than this ends in an ellipsis; nothing is written where not even that fits. */
  most?: number;
}

/** Shapes are gathered by box, move and line; fill or stroke draws them, and begins anew. */
export interface Pen {
  box(x: number, y: number, width: number, height: number): void;
  move(x: number, y: number): void;
  line(x: number, y: number): void;
  close(): void;
  disc(x: number, y: number, radius: number): void;
  fill(colour: string, alpha?: number): void;
  stroke(as: Stroke): void;
  text(x: number, baseline: number, text: string, as: Lettering): void;
  /** The width of a text. */
  measure(text: string, size: number, bold?: boolean): number;
  /** Has only a rectangle drawn in, until unclip. */
  clip(x: number, y: number, width: number, height: number): void;
  unclip(): void;
}

const family = "system-ui, sans-serif";

export const fontOf = (size: number, bold?: boolean) => `${bold ? "600 " : ""}${size}px ${family}`;

let measuring: CanvasRenderingContext2D | null = null;
const widths = new Map<string, number>();

/** The width of a text in the letters of the diagram. */
export function widthOf(text: string, size: number, bold = false): number {
  const key = `${size}${bold ? "b" : ""}${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    measuring ??= document.createElement("canvas").getContext("2d")!;
    measuring.font = fontOf(size, bold);
    width = measuring.measureText(text).width;
    if (widths.size > 20_000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

/** A text that is no wider than most: cut with an ellipsis; empty if that would leave nothing. */
export function cut(text: string, as: Lettering): string {
  if (as.most === undefined || widthOf(text, as.size, as.bold) <= as.most) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (widthOf(`${text.slice(0, middle)}…`, as.size, as.bold) <= as.most) low = middle;
    else high = middle - 1;
  }
  return low < 2 ? "" : `${text.slice(0, low)}…`;
}

/** Draws on a canvas. */
export class CanvasPen implements Pen {
  constructor(private readonly g: CanvasRenderingContext2D) {
    g.beginPath();
  }

  box(x: number, y: number, width: number, height: number): void {
    this.g.rect(x, y, width, height);
  }

  move(x: number, y: number): void {
    this.g.moveTo(x, y);
  }

  line(x: number, y: number): void {
    this.g.lineTo(x, y);
  }

  close(): void {
    this.g.closePath();
  }

  disc(x: number, y: number, radius: number): void {
    this.g.moveTo(x + radius, y);
    this.g.arc(x, y, radius, 0, 2 * Math.PI);
  }

  fill(colour: string, alpha = 1): void {
    this.g.globalAlpha = alpha;
    this.g.fillStyle = colour;
    this.g.fill();
    this.g.beginPath();
  }

  stroke(as: Stroke): void {
    this.g.globalAlpha = as.alpha ?? 1;
    this.g.strokeStyle = as.colour;
    this.g.lineWidth = as.width;
    this.g.setLineDash(as.dash ?? []);
    this.g.stroke();
    this.g.beginPath();
  }

  text(x: number, baseline: number, text: string, as: Lettering): void {
    const shown = cut(text, as);
    if (shown === "") return;
    this.g.globalAlpha = 1;
    this.g.fillStyle = as.colour;
    this.g.font = fontOf(as.size, as.bold);
    this.g.textAlign = as.align ?? "left";
    this.g.fillText(shown, x, baseline);
  }

  measure(text: string, size: number, bold?: boolean): number {
    return widthOf(text, size, bold);
  }

  clip(x: number, y: number, width: number, height: number): void {
    this.g.save();
    this.g.beginPath();
    this.g.rect(x, y, width, height);
    this.g.clip();
    this.g.beginPath();
  }

  unclip(): void {
    this.g.restore();
    this.g.beginPath();
  }
}
