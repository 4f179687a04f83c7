// The faults in a config's text: found, added and taken out, with all else as it is.

/** Block is a table [[fault]] of a text. */
export interface Block {
  /** Where it begins and ends: numbers of lines, from 0; the last is not of it. */
  from: number;
  to: number;
  /** What it says in a line, such as `crash = "node-1", at = "40ms"`. */
  says: string;
}

/** The things that happen to a process. */
export const harms = ["crash", "restart", "isolate", "heal", "pause"] as const;
export type Harm = (typeof harms)[number];

/** The faults of a text, in their order. A text that is not well-formed may have others. */
export function faultsOf(text: string): Block[] {
  const lines = text.split("\n"), all: Block[] = [];
  let open: Block | null = null, quote = "", depth = 0, filled = 0;
  const close = () => {
    if (open) all.push({ ...open, to: filled, says: said(lines.slice(open.from + 1, filled)) });
    open = null;
  };
  lines.forEach((line, i) => {
    if (quote !== "") {
      if (line.includes(quote)) quote = "";
      if (open) filled = i + 1;
      return;
    }
    if (depth === 0 && /^\s*\[/.test(line)) close();
    if (depth === 0 && /^\s*\[\[\s*fault\s*\]\]/.test(line)) open = { from: i, to: i, says: "" };
    if (/^\s*[^#\s]/.test(line)) filled = i + 1;
    quote = opens(line);
    if (quote === "") depth = Math.max(0, depth + deeper(line));
  });
  close();
  return all;
}

/** The quotes of a text of several lines that a line opens and does not close; empty if it opens none. */
function opens(line: string): string {
  const found = /^\s*[\w.-]+\s*=\s*("""|''')/.exec(line);
  if (!found) return "";
  return line.slice(found[0].length).includes(found[1]!) ? "" : found[1]!;
}

/** How many more brackets a line opens than it closes, outside of quotes and comments. */
function deeper(line: string): number {
  const bare = line.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, "").replace(/#.*/, "");
  return bare.split("[").length - bare.split("]").length;
}

/** The settings of some lines, one behind the other, without comments. */
function said(lines: string[]): string {
  const all = lines.map((l) => l.replace(/\s+#[^"']*$/, "").trim()).filter((l) => l !== "" && !l.startsWith("#"));
  return all.join(", ").replaceAll("[, ", "[").replaceAll(",, ", ", ").replace(/,? *, \]/g, "]");
}

/** A text without one of its faults, and without the empty line before it. */
export function withoutFault(text: string, block: Block): string {
  const lines = text.split("\n");
  const from = block.from > 0 && lines[block.from - 1]!.trim() === "" ? block.from - 1 : block.from;
  lines.splice(from, block.to - from);
  return lines.join("\n");
}

/** A text with a fault more, at its end. The time is in nanoseconds from the beginning of the run. */
export function withFault(text: string, harm: Harm, process: string, at: number): string {
  const before = text === "" ? "" : text.endsWith("\n") ? `${text}\n` : `${text}\n\n`;
  return `${before}[[fault]]\nat = "${goDuration(at)}"\n${harm} = ${JSON.stringify(process)}\n`;
}

/** A time as Go reads it: milliseconds. */
export const goDuration = (ns: number): string => {
  const whole = Math.floor(ns / 1e6), rest = String(ns % 1e6).padStart(6, "0").replace(/0+$/, "");
  return `${whole}${rest === "" ? "" : `.${rest}`}ms`;
};

/** The place in a text of a line and a column, both counted from 1, in characters. */
export function placeIn(text: string, line: number, column: number): number {
  const lines = text.split("\n");
  let at = 0;
  for (let i = 0; i < Math.min(line - 1, lines.length); i++) at += lines[i]!.length + 1;
  const before = [...(lines[line - 1] ?? "")].slice(0, column - 1).join("");
  return Math.min(text.length, at + before.length);
}
