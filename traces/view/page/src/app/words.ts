// How the page writes times and numbers.

/** A time as a story writes it: milliseconds, three digits after the point. */
export function milliseconds(ns: number): string {
  return `${(ns / 1e6).toFixed(3)}ms`;
}

/** How long something took: as milliseconds, or in nanoseconds where three digits would not tell all. */
export function duration(ns: number): string {
  return ns % 1000 === 0 ? milliseconds(ns) : `${ns.toLocaleString("en")}ns`;
}

/** A number of things: 1 span, 2 spans. */
export function counted(n: number, one: string): string {
  return `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;
}

/** The instant so many nanoseconds after an epoch, both in UTC; the epoch is as RFC 3339 has it. Empty if it is not. */
export function instant(epoch: string, ns: number): string {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(epoch);
  if (!found) return "";
  const all = BigInt(found[2]?.padEnd(9, "0") ?? 0) + BigInt(Math.round(ns));
  const second = 1_000_000_000n;
  const rest = ((all % second) + second) % second;
  const whole = new Date(Date.parse(found[1] + "Z") + Number((all - rest) / second) * 1000);
  if (Number.isNaN(whole.getTime())) return "";
  const digits = rest.toString().padStart(9, "0").replace(/0{1,6}$/, "");
  return `${whole.toISOString().slice(0, 19)}.${digits}Z`;
}
