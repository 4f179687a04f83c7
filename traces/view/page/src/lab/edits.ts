// What a person changes of a run by pointing at it, as the commands take it.

/** Planned is something that is to happen to a process. */
export interface Planned {
  /** When, in nanoseconds of virtual time. */
  at: number;
  what: "crash" | "restart" | "isolate" | "pause" | "heal";
  process: string; // its name, such as node-1
}

/** Returns a config in which that happens, too. */
export function withFault(toml: string, { at, what, process }: Planned): string {
  const end = toml === "" || toml.endsWith("\n") ? "" : "\n";
  return `${toml}${end}\n[[fault]]\nat = "${at / 1e6}ms"\n${what} = ${JSON.stringify(process)}\n`;
}

/** Changed is what is done to a message, which has the id of a span that sends it. */
export type Changed = { drop: string } | { duplicate: string } | { delay: string; by: number }; // in nanoseconds

/** Returns the flags of run that do that. */
export function flagsOf(change: Changed): string[] {
  if ("drop" in change) return ["-drop", change.drop];
  if ("duplicate" in change) return ["-duplicate", change.duplicate];
  return ["-delay", `${change.delay}=${change.by / 1e6}ms`];
}
