import assert from "node:assert/strict";
import { test } from "node:test";
import { madeRun } from "../model/madeup.ts";
import { chosenOf, chosenText, cursorOf, oneOf, windowOf, windowText } from "./fields.ts";
import { addLinkPart, follow, fragment } from "./link.ts";

const all = { from: 0, to: 1000 };
const runs = [
  madeRun([{ name: "a", process: "p", start: 0, end: 1 }, { name: "b", process: "p", start: 1, end: 2 }]),
];

test("a window", () => {
  assert.equal(windowText(all, all), "");
  assert.equal(windowText({ from: 10.7, to: 20.2 }, all), "10-21");
  assert.equal(windowText({ from: 10.7, to: 10.8 }, all), "10-11");
  assert.deepEqual(windowOf("10-21", all), { from: 10, to: 21 });
  const huge = "1-99999999999999999999";
  for (const bad of ["", "-", "5", "21-10", "7-7", "a-b", "1e3-2e3", "-5-10", "2000-3000", huge, "<b>"]) {
    assert.deepEqual(windowOf(bad, all), all, bad);
  }
});

test("a chosen span", () => {
  assert.equal(chosenText({ run: 0, span: 1 }, runs), "0:0000000000000002");
  assert.equal(chosenText(null, runs), "");
  assert.deepEqual(chosenOf("0:0000000000000002", runs), { run: 0, span: 1 });
  for (const bad of ["", "0", "1:0000000000000002", "0:000000000000000f", "0:2", "x:0000000000000002"]) {
    assert.equal(chosenOf(bad, runs), null, bad);
  }
});

test("a cursor, and one of some words", () => {
  assert.deepEqual(["12", "", "-1", "1.5", "x"].map(cursorOf), [12, 0, 0, 0, 0]);
  assert.equal(oneOf(["light", "dark"], "dark"), "dark");
  assert.equal(oneOf(["light", "dark"], "toString"), undefined);
});

test("a link is followed part by part", () => {
  const state = { one: "1", two: "" };
  addLinkPart({ name: "one", write: () => state.one, read: (text) => (state.one = text) });
  addLinkPart({ name: "two", write: () => state.two, read: (text) => (state.two = text) });
  assert.equal(fragment(), "one=1");
  follow("#two=a%20b:%26&three=3");
  assert.deepEqual(state, { one: "1", two: "a b:&" });
  const link = fragment();
  follow("#two=x", true); // all of it: what it does not name is as a page shows it by itself
  assert.deepEqual(state, { one: "", two: "x" });
  follow(`#${link}`);
  assert.deepEqual(state, { one: "1", two: "a b:&" });
  follow("#%E0%A4%A&&&=&#");
  follow("#two=%ff");
  assert.equal(state.one, "1");
  assert.throws(() => addLinkPart({ name: "one", write: () => "", read: () => {} }), /already/);
});
