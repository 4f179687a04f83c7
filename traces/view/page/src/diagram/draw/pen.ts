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

const enum Op {
  Move,
  Line,
  Close,
  Disc,
}

/** So many pieces of a path at a time: one with thousands is slow to fill. */
const mostPieces = 32;

/** Draws on a canvas. */
export class CanvasPen implements Pen {
  private readonly boxes: number[] = [];
  /** What the path is made of: an operation and three numbers each. */
  private readonly ops: number[] = [];

  constructor(private readonly g: CanvasRenderingContext2D) {}

  box(x: number, y: number, width: number, height: number): void {
    this.boxes.push(x, y, width, height);
  }

  move(x: number, y: number): void {
    this.ops.push(Op.Move, x, y, 0);
  }

  line(x: number, y: number): void {
    this.ops.push(Op.Line, x, y, 0);
  }

  close(): void {
    this.ops.push(Op.Close, 0, 0, 0);
  }

  disc(x: number, y: number, radius: number): void {
    this.ops.push(Op.Disc, x, y, radius);
  }

  fill(colour: string, alpha = 1): void {
    const { g, boxes } = this;
    g.globalAlpha = alpha;
    g.fillStyle = colour;
    for (let i = 0; i < boxes.length; i += 4) g.fillRect(boxes[i]!, boxes[i + 1]!, boxes[i + 2]!, boxes[i + 3]!);
    boxes.length = 0;
    this.trace(() => g.fill());
  }

  stroke(as: Stroke): void {
    const { g, boxes } = this;
    g.globalAlpha = as.alpha ?? 1;
    g.strokeStyle = as.colour;
    g.lineWidth = as.width;
    g.setLineDash(as.dash ?? []);
    for (let i = 0; i < boxes.length; i += 4) g.strokeRect(boxes[i]!, boxes[i + 1]!, boxes[i + 2]!, boxes[i + 3]!);
    boxes.length = 0;
    this.trace(() => g.stroke());
  }

  /** Makes the path, piece by piece, and has some of them be drawn at a time. */
  private trace(paint: () => void): void {
    const { g, ops } = this;
    if (ops.length === 0) return;
    let pieces = 0;
    g.beginPath();
    for (let i = 0; i < ops.length; i += 4) {
      const op: Op = ops[i]!, x = ops[i + 1]!, y = ops[i + 2]!;
      if ((op === Op.Move || op === Op.Disc) && pieces++ === mostPieces) {
        paint();
        g.beginPath();
        pieces = 1;
      }
      if (op === Op.Move) g.moveTo(x, y);
      else if (op === Op.Line) g.lineTo(x, y);
      else if (op === Op.Close) g.closePath();
      else {
        g.moveTo(x + ops[i + 3]!, y);
        g.arc(x, y, ops[i + 3]!, 0, 2 * Math.PI);
      }
    }
    paint();
    ops.length = 0;
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
  }

  unclip(): void {
    this.g.restore();
  }
}
