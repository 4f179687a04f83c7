// How the page writes times and numbers.

/** A time as a story writes it: milliseconds, three digits after the point. */
export function milliseconds(ns: number): string {
  return `${(ns / 1e6).toFixed(3)}ms`;
}

/** A number of things: 1 span, 2 spans. */
export function counted(n: number, one: string): string {
  return `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;
}
