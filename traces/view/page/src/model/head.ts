// What the head of a run says: traces/view/head.go is the same in Go.

import type { Explained, Violation } from "./explained.ts";

export interface Head {
  name: string;
  protocol: string;
  scenario: string;
  seed: string;
  build: string;
  /** The build that made the page: another one than that of the trace may understand it otherwise. */
  reader_build?: string;
  config: string;
  run: string;
  epoch: string;
  unit_ns: number;
  spans: number;
  arrows: number;
  commands: Commands;
  notes: string[];
  processes: Process[];
  shapes: { name: string; kind: string }[];
  marks: Mark[];
  keys: { name: string; type: "number" | "bool" | "text" | "list" }[];
  layouts: number[][];
  texts: string[];
  lines: string[];
  events: string[];
  elsewhere: { span: number; link: number; id: string }[];
  term: { key: string; word: string };
  position: { key: string; word: string };
  role: string;
  replies: string[];
  peers: string[];
  fields: Field[];
  kinds: { process: number; field: number; gone: boolean }[];
  changes: number;
  history: HistoryHead;
  /** The first one, with what led to it. */
  violation: Violation | null;
  /** What explain answers of spans. */
  explained: Explained[];
  /** Why it answers of none, or not of all, as a sentence; or empty. */
  unsaid: string;
}

/** A key, and whether an order explains all answers to its operations. */
export interface KeyTold {
  key: string;
  operations: number;
  verdict: "explained" | "broken" | "undecided";
  text: string;
  /** The span of the operation that does not fit; -1 for none. */
  misfit: number;
}

/** What is known of the clients' history: traces/view/history.go. */
export interface HistoryHead {
  operations: number;
  keys: KeyTold[];
  /** What the attributes of operations are called. */
  request: string;
  key: string;
  value: string;
  result: string;
}

/** Something that is shown of a process's state: traces/view/changes.go. */
export interface Field {
  name: string;
  word: string;
  doc: string;
  /** Of the processes that have it. */
  groups: string[];
  kind: "status" | "scalar" | "table" | "store";
  /** Of a table or a store; one without a name for a single value. */
  columns: string[];
  types: ("number" | "text")[];
  /** The rows' keys are numbers. */
  numbered: boolean;
  /** The field up to whose value rows are chosen, or applied; or empty. */
  chosen: string;
  applied: string;
  /** The column that colours a row; or empty. */
  colour: string;
}

/** Lines for a shell. ID stands for the id of a span. */
export interface Commands {
  run: string;
  drop: string;
  delay: string;
  dup: string;
  explain: string;
  show: string;
}

export interface Process {
  name: string;
  group: string;
  kind: "world" | "client" | "server";
}

/** What a span is, whatever the protocol calls it. */
export type Mark =
  | "" | "fault" | "violation" | "leads" | "election" | "chosen" | "applied" | "start" | "operation" | "run";
