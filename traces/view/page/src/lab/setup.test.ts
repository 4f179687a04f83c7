import assert from "node:assert/strict";
import { test } from "node:test";
import type { Offer } from "./client.ts";
import { fieldsOf, packText, readLink, unpackText } from "./link.ts";
import { commandOf, overridesOf, setupOf, withChange, wantedOf, type Setup } from "./setup.ts";

const scenario = (name: string, ...args: string[]) =>
  ({ name, args: args.length > 0 ? args : [name], protocol: "p", title: "", what: "", watch: "", toml: "seed = 1\n" });

const offer: Offer = {
  protocols: [{ name: "p", title: "P", bugs: [{ name: "forget", says: "" }] }],
  scenarios: [scenario("default"), scenario("other", "-protocol", "q")], profiles: [{ name: "mixed", says: "" }],
};

const id = "00f067aa0ba902b7", id2 = "53995c3f42cd8ad8";

const much: Setup = {
  scenario: "other", toml: 'title = "ä <b>"\n', seed: "7", overrides: 'network.loss=0.1 keys=["a", "b"]',
  faults: "mixed", bug: "forget",
  changes: [{ does: "drop", id }, { does: "delay", id: id2, by: "1.5ms" }],
};

test("a command line has all that a setup says", () => {
  assert.equal(commandOf(setupOf("default"), offer), "go run ./cmd/run default");
  assert.equal(commandOf(setupOf("other"), offer), "go run ./cmd/run -protocol q");
  assert.equal(
    commandOf(much, offer),
    `go run ./cmd/run -seed 7 -set network.loss=0.1 -set 'keys=["a", "b"]' -faults mixed -bug forget -drop ${id} ` +
      `-delay ${id2}=1.5ms other.toml`,
  );
  assert.deepEqual(wantedOf({ ...setupOf("default"), toml: "seed = 2\n" }, offer),
    { toml: "seed = 2\n", file: "default.toml", flags: [] });
});

test("overrides are parted by spaces, but not within quotes and brackets", () => {
  assert.deepEqual(overridesOf('  a=1  b="x y" c=[1, 2]\td=\'z z\' '), ["a=1", 'b="x y"', "c=[1, 2]", "d='z z'"]);
  assert.deepEqual(overridesOf('a="x y'), ['a="x', "y"]);
  assert.deepEqual(overridesOf(""), []);
});

test("a message has one change at a time", () => {
  const setup = withChange(withChange(setupOf("default"), { does: "drop", id }), { does: "duplicate", id });
  assert.deepEqual(setup.changes, [{ does: "duplicate", id }]);
});

const link = async (setup: Setup, base: Setup | null) =>
  new URLSearchParams([...await fieldsOf({ setup, base }, offer)]).toString();

test("a link holds a setup and what it is compared with", async () => {
  assert.equal(await link(setupOf("default"), null), "");
  assert.equal(await readLink("#at=7", offer), null);
  assert.equal(await link(setupOf("other"), null), "scenario=other");
  const all = [[much, null], [much, setupOf("default")], [setupOf("default"), much]] as const;
  for (const [setup, base] of all) assert.deepEqual(await readLink(await link(setup, base), offer), { setup, base });
});

test("a link that is wrong says what is", async () => {
  const wrong: [string, RegExp][] = [
    ["scenario=none", /no scenario "none"/], ["seed=x", /"x" is no seed/], ["faults=x", /no profile of faults "x"/],
    ["bug=x", /no bug "x"/], ["drop=12", /"12" is no message to drop/], [`delay=${id}`, /no message to delay/],
    [`drop=${id}-4ms`, /no message to drop/], ["toml=!", /damaged/], ["base-seed=-1", /"-1" is no seed/],
    [`toml=${(await packText("x".repeat(500))).slice(0, 5)}`, /damaged/],
    [`toml=${await packText("x".repeat(2 ** 20 + 1))}`, /damaged/],
  ];
  for (const [text, says] of wrong) await assert.rejects(readLink(text, offer), says, text);
});

test("a packed text is that of an address, and comes back", async () => {
  const text = 'seed = 7\ntitle = "ä 日本"\n'.repeat(50), packed = await packText(text);
  assert.match(packed, /^[A-Za-z0-9_-]+$/);
  assert.ok(packed.length < text.length / 5);
  assert.equal(await unpackText(packed), text);
});
