// What a link holds of the laboratory: what is run, and what it is compared with. Whoever follows a link may have
// changed it to anything.

import type { Offer } from "./client.ts";
import { flagsOf, scenarioOf, setupOf, type Change, type Setup } from "./setup.ts";

/** Linked is what a link asks for. */
export interface Linked {
  setup: Setup;
  /** What it is compared with; null for nothing. */
  base: Setup | null;
}

/** What the fields of the base begin with. */
const basePrefix = "base-";
const names = ["scenario", "toml", "seed", "set", "faults", "bug", "drop", "delay", "duplicate"];

/** The names of all fields that a link may have of the laboratory. */
export const fieldNames = [...names, ...names.map((n) => basePrefix + n)];

/** The largest text that a link may hold, in bytes. */
const largest = 1 << 20;

/** The fields of a link, of those that say something. */
export async function fieldsOf({ setup, base }: Linked, offer: Offer): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  const usual = base === null && setup.toml === null && flagsOf(setup).length === 0;
  if (!usual || setup.scenario !== offer.scenarios[0]?.name) await write(all, "", setup);
  if (base) await write(all, basePrefix, base);
  return all;
}

async function write(all: Map<string, string>, prefix: string, s: Setup): Promise<void> {
  const of = (does: Change["does"]) => s.changes.filter((c) => c.does === does);
  const fields: Record<string, string> = {
    scenario: s.scenario, toml: s.toml === null ? "" : await packText(s.toml), seed: s.seed, set: s.overrides,
    faults: s.faults, bug: s.bug, drop: of("drop").map((c) => c.id).join(),
    delay: of("delay").map((c) => `${c.id}-${c.by}`).join(), duplicate: of("duplicate").map((c) => c.id).join(),
  };
  for (const [name, value] of Object.entries(fields)) if (value !== "") all.set(prefix + name, value);
}

/** What a link asks for; null if it says nothing of the laboratory. It fails with a sentence on what is wrong. */
export async function readLink(text: string, offer: Offer): Promise<Linked | null> {
  const fields = new URLSearchParams(text.replace(/^#/, ""));
  if (!fieldNames.some((n) => fields.has(n))) return null;
  const based = fieldNames.some((n) => n.startsWith(basePrefix) && fields.has(n));
  return { setup: await read(fields, "", offer), base: based ? await read(fields, basePrefix, offer) : null };
}

async function read(fields: URLSearchParams, prefix: string, offer: Offer): Promise<Setup> {
  const of = (name: string) => fields.get(prefix + name) ?? "";
  const setup = setupOf(of("scenario") || offer.scenarios[0]!.name);
  const scenario = scenarioOf(setup, offer);
  if (!scenario) throw new Error(`there is no scenario ${JSON.stringify(setup.scenario)}`);
  if (!/^\d{0,19}$/.test(of("seed"))) throw new Error(`${JSON.stringify(of("seed"))} is no seed`);
  if (of("faults") !== "" && !offer.profiles.some((p) => p.name === of("faults"))) {
    throw new Error(`there is no profile of faults ${JSON.stringify(of("faults"))}`);
  }
  if (of("bug") !== "" && !offer.protocols.some((p) => p.bugs.some((b) => b.name === of("bug")))) {
    throw new Error(`there is no bug ${JSON.stringify(of("bug"))}`);
  }
  return {
    ...setup, toml: of("toml") === "" ? null : await unpackText(of("toml")), seed: of("seed"), overrides: of("set"),
    faults: of("faults"), bug: of("bug"),
    changes: [
      ...changes(of("drop"), "drop"), ...changes(of("delay"), "delay"), ...changes(of("duplicate"), "duplicate"),
    ],
  };
}

function changes(text: string, does: Change["does"]): Change[] {
  return text.split(",").filter((one) => one !== "").map((one) => {
    const found = /^([0-9a-f]{16})(?:-([0-9.a-zµ]+))?$/.exec(one);
    if (!found || (found[2] !== undefined) !== (does === "delay")) {
      throw new Error(`${JSON.stringify(one)} is no message to ${does}`);
    }
    return { does, id: found[1]!, ...(found[2] === undefined ? {} : { by: found[2] }) };
  });
}

/** A text deflated, in base64 as addresses have it. */
export async function packText(text: string): Promise<string> {
  const packed = await all(new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw")), Infinity);
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The text that packText packed. It fails with a sentence on what is wrong. */
export async function unpackText(packed: string): Promise<string> {
  try {
    const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new TextDecoder("utf-8", { fatal: true }).decode(await all(stream, largest));
  } catch {
    throw new Error("the config that it holds is damaged, or was cut");
  }
}

async function all(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [], reader = stream.getReader();
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) throw new Error("too large");
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
