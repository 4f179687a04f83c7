// What is run, as a person puts it together: a scenario or a text, and what is different in it.

import { ownFile, shellWord, type Offer, type Scenario, type Wanted } from "./client.ts";

/** Change is what happens to one message. */
export interface Change {
  does: "drop" | "delay" | "duplicate";
  /** The span that names the message. */
  id: string;
  /** How much later it arrives, if it is delayed: a duration as Go writes it. */
  by?: string;
}

/** Setup is what is run. */
export interface Setup {
  /** The name of a scenario. */
  scenario: string;
  /** The scenario's text as a person changed it; null if nobody did. */
  toml: string | null;
  /** The seed; empty for that of the text. */
  seed: string;
  /** Keys of the config with values, as in raft.max_entries=1, with spaces between them. */
  overrides: string;
  /** The profile that faults are drawn from; empty for none. */
  faults: string;
  /** A bug that is built in; empty for none. */
  bug: string;
  changes: Change[];
}

/** The setup of a scenario as it is. */
export const setupOf = (scenario: string): Setup =>
  ({ scenario, toml: null, seed: "", overrides: "", faults: "", bug: "", changes: [] });

/** The scenario of a setup; undefined if there is none of its name. */
export const scenarioOf = (setup: Setup, offer: Offer): Scenario | undefined =>
  offer.scenarios.find((s) => s.name === setup.scenario);

/** The text that a setup runs. */
export const textOf = (setup: Setup, offer: Offer): string => setup.toml ?? scenarioOf(setup, offer)?.toml ?? "";

/** The file that a changed text is in: its scenario's name, so that the run is called after it. */
export const fileOf = (setup: Setup): string => (setup.scenario === "" ? ownFile : `${setup.scenario}.toml`);

/** The flags of a setup, as at a command line. */
export function flagsOf(setup: Setup): string[] {
  const flags: string[] = [];
  if (setup.seed !== "") flags.push("-seed", setup.seed);
  for (const one of overridesOf(setup.overrides)) flags.push("-set", one);
  if (setup.faults !== "") flags.push("-faults", setup.faults);
  if (setup.bug !== "") flags.push("-bug", setup.bug);
  for (const c of setup.changes) flags.push(`-${c.does}`, c.does === "delay" ? `${c.id}=${c.by}` : c.id);
  return flags;
}

/** The overrides in a text: what spaces part, but for those in quotes and brackets. */
export const overridesOf = (text: string): string[] =>
  text.match(/(?:"[^"]*"|'[^']*'|\[[^\]]*\]|[^\s"'[]|["'[])+/g) ?? [];

/** What the laboratory is asked for. */
export function wantedOf(setup: Setup, offer: Offer): Wanted {
  const flags = flagsOf(setup);
  if (setup.toml !== null) return { toml: setup.toml, file: fileOf(setup), flags };
  return { args: scenarioOf(setup, offer)?.args ?? [], flags };
}

/** The line for a shell that makes the same run; a text that was changed is in the file of fileOf. */
export function commandOf(setup: Setup, offer: Offer): string {
  const { flags = [], args = [], file } = wantedOf(setup, offer);
  return ["go run ./cmd/run", ...[...flags, ...(file ? [file] : args)].map(shellWord)].join(" ");
}

/** A setup with another text; the scenario's own is no change. */
export const withText = (setup: Setup, toml: string, offer: Offer): Setup =>
  ({ ...setup, toml: toml === scenarioOf(setup, offer)?.toml ? null : toml });

/** Says whether two setups run the same. */
export const sameSetup = (a: Setup, b: Setup): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A setup with a change, which takes the place of another of the same message. */
export const withChange = (setup: Setup, change: Change): Setup =>
  ({ ...setup, changes: [...setup.changes.filter((c) => c.id !== change.id), change] });

/** A setup without a change. */
export const withoutChange = (setup: Setup, at: number): Setup =>
  ({ ...setup, changes: setup.changes.filter((_, i) => i !== at) });
