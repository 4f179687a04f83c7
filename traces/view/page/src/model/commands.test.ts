import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsFor, commandsOfRun, withId } from "./commands.ts";
import type { Commands } from "./head.ts";
import { madeRun } from "./madeup.ts";

const id = "0123456789abcdef";

test("the id stands where ID stands, and nowhere else", () => {
  assert.equal(withId("run -drop ID a/run.toml", id), `run -drop ${id} a/run.toml`);
  assert.equal(withId("run -delay ID=40ms a/run.toml", id), `run -delay ${id}=40ms a/run.toml`);
  assert.equal(withId("run -drop ID 'an ID here/run.toml'", id), `run -drop ${id} 'an ID here/run.toml'`);
  assert.equal(withId("run -drop ID ID/run.toml", id), `run -drop ${id} ID/run.toml`);
  assert.equal(withId("explain ID ID", id, true), `explain ID ${id}`);
  assert.equal(withId("explain 'it'\\''s ID x' ID", id, true), `explain 'it'\\''s ID x' ${id}`);
  assert.equal(withId("explain 'ID' ID", id, true), `explain 'ID' ${id}`);
  assert.equal(withId("explain IDs", id), "explain IDs");
  assert.equal(withId("", id), "");
});

test("commands on a message are only for spans that name one", () => {
  const commands: Commands = {
    run: "run r", drop: "run -drop ID r", delay: "run -delay ID=40ms r", dup: "run -duplicate ID r",
    explain: "explain r ID", show: "view r",
  };
  const run = madeRun([
    { name: "call", process: "a", start: 0, end: 9, kind: "client", sends: true },
    { name: "call", process: "b", start: 1, end: 2, kind: "server", sends: true },
    { name: "commit", process: "b", start: 1, end: 2 },
  ], { commands });
  const of = (span: number) => commandsFor(run, span).map((c) => `${c.does}: ${c.line}`);
  assert.deepEqual(of(0), [
    "run again without this message: run -drop 0000000000000001 r",
    "run again with this message delayed: run -delay 0000000000000001=40ms r",
    "run again with this message duplicated: run -duplicate 0000000000000001 r",
    "explain it: explain r 0000000000000001", "show this page again: view r",
  ]);
  assert.match(of(1)[0]!, /^run again without its reply: /);
  assert.deepEqual(of(2), ["explain it: explain r 0000000000000003", "show this page again: view r"]);
  assert.deepEqual(commandsOfRun(commands).map((c) => c.line), ["run r", "view r"]);
  assert.deepEqual(commandsOfRun({ ...commands, show: "" }).map((c) => c.line), ["run r"]);
});
