import assert from "node:assert/strict";
import { test } from "node:test";
import { entryOf, messageOf, operationOf } from "./follow.ts";
import { none, type Run } from "./run.ts";

/**
 * A client's operation (0) calls (1) a server (2), which appends at position 7, sends (3) that to another one (4); a
 * commit (5) in another trace covers it, and links to the append; another operation (6) appends (7) at position 8; two
 * applies (8, 9) of position 7, of which one comes of the commit.
 */
function example(): Run {
  const parent = [none, 0, 1, 2, 3, none, none, 6, 5, none];
  const links: Record<number, number[]> = { 5: [2] };
  const positions: Record<number, number> = { 2: 7, 7: 8, 8: 7, 9: 7 };
  const marks: Record<number, string> = { 5: "chosen", 8: "applied", 9: "applied" };
  const arrows = [[2, 4], [6, 8], [9, 7], [4, none]]; // as moments: call, message, reply, and one that is lost
  return {
    spans: parent.length,
    parent: Int32Array.from(parent),
    arrows: {
      count: arrows.length, from: Int32Array.from(arrows, (a) => a[0]!), to: Int32Array.from(arrows, (a) => a[1]!),
    },
    head: { position: { key: "at", word: "index" }, keys: [] },
    linkedTo: (i: number) => links[i] ?? [],
    markOf: (i: number) => marks[i] ?? "",
    attribute: (i: number, key: string) => (key === "at" ? positions[i] : undefined),
    hasEvents: () => false,
  } as unknown as Run;
}

const list = (all: Set<number>) => [...all].sort((a, b) => a - b);

test("an operation is its trace, and the commit that is linked with it", () => {
  assert.deepEqual(list(operationOf(example(), 4)), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(list(operationOf(example(), 6)), [6, 7]);
});

test("an entry is all that works on its position, whichever span one begins with", () => {
  assert.deepEqual(list(entryOf(example(), 9)), [2, 8, 9]);
  assert.deepEqual(list(entryOf(example(), 7)), [7]);
  assert.deepEqual(list(entryOf(example(), 5)), [2, 5, 8, 9]); // by what came of the commit
});

test("a message has two ends, or one if it is lost", () => {
  assert.deepEqual(list(messageOf(example(), 3)), [3, 4]);
  assert.deepEqual(list(messageOf(example(), 2)), [1, 2]);
  assert.deepEqual(list(messageOf(example(), 5)), [5]);
});
