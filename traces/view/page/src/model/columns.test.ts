import assert from "node:assert/strict";
import { test } from "node:test";
import { Column, TextColumn } from "./columns.ts";

test("numbers are read as Go writes them", () => {
  const c = new Column(Uint8Array.of(0, 1, 0x7f, 0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f));
  assert.deepEqual([c.next(), c.next(), c.next(), c.next(), c.next()], [0, 1, 127, 128, Number.MAX_SAFE_INTEGER]);
  assert.ok(c.over);
  assert.throws(() => c.next(), /ends too early/);
});

test("numbers that may be negative", () => {
  const c = new Column(Uint8Array.of(0, 1, 2, 3, 4));
  assert.deepEqual([c.signed(), c.signed(), c.signed(), c.signed(), c.signed()], [0, -1, 1, -2, 2]);
});

test("texts that come again are told by how long ago", () => {
  const texts = { known: 0 };
  const a = new TextColumn(Uint8Array.of(0, 0, 2, 1, 2, 49), texts);
  assert.deepEqual([a.text(), a.text(), a.text(), a.text(), a.text()], [0, 1, 0, 0, 1]);
  assert.equal(a.text(), 0);
  assert.equal(texts.known, 2);
});
