// What differs between two runs, as traces/diff and traces/diff/across say it: the same as `cmd/diff -json` prints.

export type Change = "" | "only in A" | "only in B" | "changed" | "moved";

/** By what a span that differs comes of another: traces/diff/rule.go says what each means. */
export type Rule =
  | "" | "parent" | "message" | "reply" | "fault" | "down" | "step" | "lost" | "below" | "busy" | "process" | "run";

export interface ValueChange {
  name: string;
  a: string;
  b: string;
}

export interface ConfigChange {
  key: string;
  a: string;
  b: string;
}

export interface DiffEvent {
  id: string;
  process: string;
  name: string;
  kind: string;
  text: string;
  at_ns: number;
}

export interface About {
  name: string;
  scenario: string;
  build: string;
  spans: number;
  end_ns: number;
  part?: string;
  operations: number;
  applied: number;
  leaders: number;
}

export interface Divergence {
  at_ns: number;
  reason: { kind: string; text: string; keys?: ConfigChange[] };
  span: DiffEvent;
  origin?: DiffEvent;
  rule?: Rule;
  fields: ValueChange[];
  before: DiffEvent[];
  process: string;
}

export interface Tally {
  spans: number;
  only_a: number;
  only_b: number;
  changed: number;
  moved: number;
  moved_least_ns: number;
  moved_most_ns: number;
  ending: number;
  possible: number;
}

export interface Consequence {
  depth: number;
  of?: string;
  origin?: string;
  rule?: Rule;
  change: Change;
  span: DiffEvent;
  fields?: ValueChange[];
  begins_later_ns: number;
  ends_later_ns: number;
  size: number;
  folded: Tally;
}

export interface Consequences extends Tally {
  tree: Consequence[];
  rest: Tally;
}

export interface OperationChange {
  request: string;
  command_a?: string;
  command_b?: string;
  result_a?: string;
  result_b?: string;
  latency_a_ns?: number;
  latency_b_ns?: number;
  tries_a: number;
  tries_b: number;
}

export interface Difference {
  a: About;
  b: About;
  verdict: string;
  why: string;
  aligned_by: string;
  resolution_ns?: number;
  config: ConfigChange[];
  first: Divergence | null;
  followed: Consequences;
  elsewhere: Consequences;
  independent: { before: number; after: number };
  users: {
    operations: OperationChange[];
    leaders: ValueChange[];
    log: ValueChange[];
    store: ValueChange[];
    violations: ValueChange[];
  };
}

/** An operation of a client as a run of one of two protocols has it. */
export interface Done {
  command: string;
  result: string;
  latency_ns: number;
  tries: number;
  messages: number;
  bytes: number;
  delays: number;
}

export interface AcrossRun {
  name: string;
  protocol: string;
  spans: number;
  messages: number;
  of_clients: number;
  bytes: number;
  bytes_of_clients: number;
  processes: string[];
  operations: number;
  exchanges: {
    method: string;
    requests: number;
    replies: number;
    request_bytes: number;
    reply_bytes: number;
  }[];
}

/** Two runs of two protocols, side by side. */
export interface Across {
  a: AcrossRun;
  b: AcrossRun;
  operations: { request: string; a: Done | null; b: Done | null }[];
}
