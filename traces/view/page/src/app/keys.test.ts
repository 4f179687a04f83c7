import assert from "node:assert/strict";
import { test } from "node:test";
import { addKeys, nameOf, press, shown, spoken } from "./keys.ts";
import { notesOf, shortNames } from "./notes.ts";
import { duration, instant } from "./words.ts";
import { madeRun } from "../model/madeup.ts";

interface Press {
  key: string;
  code?: string;
  shift?: boolean;
  ctrl?: boolean;
  /** What the focus is in: the selectors that match. */
  within?: RegExp;
}

function event({ key, code = "", shift = false, ctrl = false, within }: Press): KeyboardEvent {
  const target = within ? { closest: (selector: string) => (within.test(selector) ? {} : null) } : null;
  return {
    key, code, shiftKey: shift, ctrlKey: ctrl, altKey: false, metaKey: false, target, defaultPrevented: false,
    preventDefault: () => {},
  } as unknown as KeyboardEvent;
}

test("a key has one name, whatever the keyboard", () => {
  assert.equal(nameOf(event({ key: "e" })), "e");
  assert.equal(nameOf(event({ key: "E", shift: true })), "Shift+E");
  assert.equal(nameOf(event({ key: "E" })), "e"); // Caps Lock
  assert.equal(nameOf(event({ key: "у", code: "KeyE" })), "e"); // a Cyrillic layout
  assert.equal(nameOf(event({ key: "?", shift: true })), "?");
  assert.equal(nameOf(event({ key: "ArrowLeft", shift: true })), "Shift+ArrowLeft");
  assert.equal(nameOf(event({ key: "c", ctrl: true })), "Ctrl+c");
});

test("a field and a button keep the keys that they need", () => {
  let ran = 0;
  const undo = addKeys([" ", "n", "Escape", "ArrowLeft", "Enter"].map((key) => ({
    key, does: key, group: "", run: () => ran++,
  })));
  const pressed = (p: Press) => press(event(p));
  assert.ok(pressed({ key: "n" }) && pressed({ key: " " }) && ran === 2);
  const field = /^input:not/, slider = /type=range\]$/, button = /^button/, dialog = /^dialog/;
  assert.ok(!pressed({ key: "n", within: field }) && pressed({ key: "Escape", within: field }));
  assert.ok(!pressed({ key: "ArrowLeft", within: slider }) && pressed({ key: "n", within: slider }));
  assert.ok(!pressed({ key: " ", within: button }) && !pressed({ key: "Enter", within: button }));
  assert.ok(pressed({ key: "n", within: button }) && !pressed({ key: "n", within: dialog }));
  assert.ok(!pressed({ key: "q" }));
  undo();
  undo(); // twice does no harm
  assert.ok(!pressed({ key: "n" }));
});

test("keys as people read and hear them", () => {
  assert.deepEqual(shown("Shift+E"), ["Shift", "E"]);
  assert.deepEqual(shown("e"), ["E"]);
  assert.deepEqual(shown("+"), ["+"]);
  assert.deepEqual(shown(" "), ["Space"]);
  assert.equal(spoken(" "), "Space");
});

test("times in words", () => {
  assert.equal(duration(1_500_000), "1.500ms");
  assert.equal(duration(1234), "1,234ns");
  assert.equal(instant("2000-01-01T00:00:00Z", 1_500_000), "2000-01-01T00:00:00.0015Z");
  assert.equal(instant("2000-01-01T00:00:00.999999999Z", 1), "2000-01-01T00:00:01.000Z");
  assert.equal(instant("1999-12-31T23:59:59Z", 1e9), "2000-01-01T00:00:00.000Z");
  assert.equal(instant("yesterday", 1), "");
});

test("what the header says of a run", () => {
  assert.deepEqual(shortNames(["/tmp/a/default-1"]), ["default-1"]);
  assert.deepEqual(shortNames(["x/run", "y/run"]), ["x/run", "y/run"]);
  assert.deepEqual(shortNames(["C:\\runs\\one\\", "two"]), ["one", "two"]);
  const spans = [{ name: "a", process: "p", start: 0, end: 1 }];
  const of = (build: string, reader_build: string) => notesOf(madeRun(spans, { build, reader_build, notes: ["x"] }));
  assert.deepEqual(of("b1", "b1"), ["x"]);
  assert.deepEqual(of("", "b1"), ["x"]);
  assert.match(of("b1", "b2")[1]!, /another build \(b1\) than this page \(b2\)/);
  assert.match(notesOf(madeRun([]))[0]!, /no spans/);
});
