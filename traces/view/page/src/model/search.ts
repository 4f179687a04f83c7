// Searches a run: by name, process, id, number, key, request, or the text of the story.

import { linesOf } from "./lines.ts";
import { none, type Run } from "./run.ts";

/** A part of what is searched for: a text, or a number or text that an attribute is to have. */
export interface Word {
  /** The attribute: its name, the last part of it, or what the protocol calls it; empty for all that can be found. */
  of: string;
  text: string;
}

/** The words of a query: `a b`, `"a b"`, `term=2`, and `term 2` where term is a word for a number of the protocol. */
export function wordsOf(query: string, numbers: readonly string[]): Word[] {
  const all: Word[] = [];
  const tokens = [...query.toLowerCase().matchAll(/([^\s"=]*)="([^"]*)"|"([^"]*)"|(\S+)/g)];
  for (let i = 0; i < tokens.length; i++) {
    const [, key, value, phrase, plain = ""] = tokens[i]!;
    const pair = /^([^=]+)=(.+)$/.exec(plain);
    const next = tokens[i + 1]?.[4];
    if (key !== undefined && key !== "") all.push({ of: key, text: value! });
    else if (phrase !== undefined || value !== undefined) all.push({ of: "", text: phrase ?? value! });
    else if (pair) all.push({ of: pair[1]!, text: pair[2]! });
    else if (numbers.includes(plain) && next !== undefined && /^\d[\d.]*$/.test(next)) {
      all.push({ of: plain, text: next });
      i++;
    } else all.push({ of: "", text: plain });
  }
  return all.filter((w) => w.text !== "");
}

/** Says whether a text has a part, and not as a part of a longer number: 1 is in "node-1", not in "node-10". */
export function within(text: string, part: string): boolean {
  const digit = (c: string | undefined) => c !== undefined && c >= "0" && c <= "9";
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    const before = text[at - 1], after = text[at + part.length];
    if (!(digit(part[0]) && digit(before)) && !(digit(part.at(-1)) && digit(after))) return true;
  }
  return false;
}

/** Says whether a text has another one in it as words of their own: a is in "put a", not in "data". */
export function hasWord(text: string, part: string): boolean {
  const letter = (c: string | undefined) => c !== undefined && /[\p{L}\p{N}_]/u.test(c);
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    if (!letter(text[at - 1]) && !letter(text[at + part.length])) return true;
  }
  return false;
}

type Matcher = (span: number) => boolean;

/** A search of a run, which goes on as long as it is let. */
export class Search {
  /** The spans that were found so far, in the order in which they begin. */
  readonly found: number[] = [];
  private at = 0;
  private readonly matchers: Matcher[];

  constructor(private readonly run: Run, query: string) {
    const numbers = [run.head.term.word, run.head.position.word].map((w) => w.toLowerCase());
    this.matchers = wordsOf(query, numbers).map((w) => (w.of ? ofAttribute(run, w) : ofAnything(run, w.text)));
  }

  /** Searches on until a time, of performance.now; says whether it is over. */
  go(until: number): boolean {
    if (this.matchers.length === 0) return true;
    const end = this.run.spans;
    while (this.at < end) {
      const stop = Math.min(end, this.at + 512);
      for (; this.at < stop; this.at++) if (this.matchers.every((m) => m(this.at))) this.found.push(this.at);
      if (performance.now() >= until) break;
    }
    return this.at >= end;
  }
}

/** Has an attribute of a name a value? */
function ofAttribute(run: Run, word: Word): Matcher {
  const { head } = run;
  const of = word.of;
  const keys = head.keys.map(({ name }) => {
    const key = name.toLowerCase();
    return (
      key === of || key.endsWith("." + of) || (head.term.word.toLowerCase() === of && name === head.term.key) ||
      (head.position.word.toLowerCase() === of && name === head.position.key)
    );
  });
  return valueMatcher(run, keys, word.text);
}

/** A test of things by number, which is made of each once, when it is needed. */
function once(n: number, test: (i: number) => boolean): (i: number) => boolean {
  const known = new Uint8Array(n); // 0: not tested yet, 1: no, 2: yes
  return (i) => (known[i] || (known[i] = test(i) ? 2 : 1)) === 2;
}

/** Has one of some keys, which are marked, a value? Texts have it as a word of its own. */
function valueMatcher(run: Run, keys: boolean[], text: string): Matcher {
  const { head } = run;
  const number = /^-?\d+$/.test(text) ? Number(text) : NaN;
  const inText = once(head.texts.length, (i) => hasWord(head.texts[i]!.toLowerCase(), text));
  return (span) =>
    run.someValue(span, (key, value) => {
      if (!keys[key]) return false;
      switch (head.keys[key]!.type) {
        case "number":
          return value === number;
        case "bool":
          return text === (value !== 0 ? "true" : "false");
        case "text":
          return inText(value);
        case "list":
          return false;
      }
    });
}

/** Is it in the name, the process, the id, a line of the story, a text, or is it the term or the position? */
function ofAnything(run: Run, text: string): Matcher {
  const { head } = run;
  const has = text.length > 2 ? within : hasWord; // a key may have one letter, which nearly every name has, too
  const name = once(head.shapes.length, (i) => has(head.shapes[i]!.name.toLowerCase(), text));
  const process = once(head.processes.length, (i) => has(head.processes[i]!.name.toLowerCase(), text));
  const told = (span: number) => linesOf(run, span).some((k) => has(head.lines[k]!.toLowerCase(), text));
  const keys = head.keys.map((k) => k.type === "text" || k.name === head.term.key || k.name === head.position.key);
  const inValue = valueMatcher(run, keys, text);
  const isId = /^[0-9a-f]{4,16}$/.test(text);
  return (span) =>
    name(run.shape[span]!) || process(run.process[span]!) || (isId && run.id(span).startsWith(text)) ||
    inValue(span) || told(span);
}

/** How a span that was found is shown in a list: its name, and its first line of the story. */
export function labelOf(run: Run, span: number): { name: string; line: string } {
  const name = run.name(span);
  const line = run.head.lines[linesOf(run, span)[0] ?? none] ?? "";
  return { name, line: line === name ? "" : line };
}

/** A span in one line: its name, and the line of the story, should that say more. */
export function sentenceOf(run: Run, span: number): string {
  const { name, line } = labelOf(run, span);
  return line === "" ? name : `${name}: ${line}`;
}
