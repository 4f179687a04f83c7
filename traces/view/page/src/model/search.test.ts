import assert from "node:assert/strict";
import { test } from "node:test";
import { madeRun } from "./madeup.ts";
import { hasWord, Search, within, wordsOf } from "./search.ts";

const run = madeRun([
  { name: "raft.election", process: "node-1", start: 0, end: 10, attributes: { "x.term": 2 }, lines: ["stands"] },
  { name: "kv.put", process: "node-10", start: 1, end: 9, attributes: { "kv.key": "a", "x.index": 7 } },
  { name: "apply", process: "node-2", start: 2, end: 3,
    attributes: { "x.command": "client-1/1 put a", "x.index": 17 } },
  { name: "apply", process: "node-1", start: 4, end: 5, attributes: { "x.command": "client-1/11 put data" } },
  { name: "lead", process: "node-2", start: 6, end: 7, attributes: { "x.ballot": "2.1" }, lines: ["leads in term 2"] },
]);

/** What a search finds. */
function found(query: string): number[] {
  const s = new Search(run, query);
  while (!s.go(Infinity));
  return s.found;
}

test("words of a query", () => {
  const words = (query: string) => wordsOf(query, ["term", "index"]).map((w) => (w.of ? `${w.of}=${w.text}` : w.text));
  assert.deepEqual(words(" Commit  node-1 "), ["commit", "node-1"]);
  assert.deepEqual(words("term 2"), ["term=2"]);
  assert.deepEqual(words("term"), ["term"]);
  assert.deepEqual(words("index x"), ["index", "x"]);
  assert.deepEqual(words("key=a"), ["key=a"]);
  assert.deepEqual(words('"put a" x'), ["put a", "x"]);
  assert.deepEqual(words('command="put a"'), ["command=put a"]);
  assert.deepEqual(words('"" ""'), []);
  assert.deepEqual(words('= "'), ["=", '"']);
});

test("a number is not found in a longer one, and a word not in another", () => {
  assert.ok(within("node-1", "node-1") && !within("node-10", "node-1") && within("node-10 node-1", "node-1"));
  assert.ok(within("election", "elec") && !within("17", "7"));
  assert.ok(hasWord("put a", "a") && !hasWord("data", "a") && hasWord("client-1/1 put", "client-1/1"));
  assert.ok(!hasWord("client-1/11 put", "client-1/1"));
});

test("what is found", () => {
  assert.deepEqual(found("ELECTION"), [0]); // a name
  assert.deepEqual(found("node-1"), [0, 3]); // a process
  assert.deepEqual(found("0000000000000003"), [2]); // an id
  assert.deepEqual(found("term 2"), [0]); // a number of the protocol: 2.1 is none
  assert.deepEqual(found("index 7"), [1]);
  assert.deepEqual(found("ballot=2.1"), [4]);
  assert.deepEqual(found("x.ballot=2.1"), [4]);
  assert.deepEqual(found("key=a"), [1]);
  assert.deepEqual(found("a"), [1, 2]); // a key, and a command with it
  assert.deepEqual(found("client-1/1"), [2]); // a request
  assert.deepEqual(found('"leads in"'), [4]); // the story
  assert.deepEqual(found("node-2 apply"), [2]); // both
  assert.deepEqual(found("  "), []);
  assert.deepEqual(found("nothing of the kind"), []);
});

test("a search goes on as long as it is let", () => {
  const many = madeRun(Array.from({ length: 2000 }, (_, i) => ({ name: "s", process: "p", start: i, end: i })));
  const s = new Search(many, "s");
  assert.equal(s.go(-Infinity), false);
  assert.equal(s.found.length, 512);
  while (!s.go(-Infinity));
  assert.equal(s.found.length, 2000);
});
