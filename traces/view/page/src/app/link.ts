// A link to a moment: the fragment of the page's address holds what is shown. Each part says what it puts there.

export interface LinkPart {
  /** Its name in the fragment: short, and nobody else's. */
  name: string;
  /** What is shown now; empty for what a page shows by itself. */
  write: () => string;
  /** Shows what was written, which may be anything: what makes no sense is left out. */
  read: (value: string) => void;
}

const parts: LinkPart[] = [];

/** Adds what a link holds. */
export function addLinkPart(part: LinkPart): void {
  if (parts.some((p) => p.name === part.name)) throw new Error(`a link has ${part.name} already`);
  parts.push(part);
}

/** The fragment that shows what is shown now, without the #. */
export function fragment(): string {
  const fields = new URLSearchParams();
  for (const p of parts) {
    const value = p.write();
    if (value !== "") fields.set(p.name, value);
  }
  return fields.toString();
}

/** Shows what a fragment says. */
export function follow(text: string): void {
  const fields = new URLSearchParams(text.replace(/^#/, ""));
  for (const p of parts) {
    const value = fields.get(p.name);
    if (value !== null) p.read(value);
  }
}
