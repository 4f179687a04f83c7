// Columns of numbers and texts: traces/view/columns.go writes them.

/** Numbers, one after the other. */
export class Column {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** The next number, from 0. */
  next(): number {
    let n = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error("it ends too early");
      n += (byte & 0x7f) * scale;
      if (byte < 0x80) return n;
      scale *= 128;
    }
  }

  /** The next number, which may be negative. */
  signed(): number {
    const n = this.next();
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
  }

  /** Says whether all was read. */
  get over(): boolean {
    return this.at >= this.bytes.length;
  }
}

const mostRecent = 48;

/** How many texts were read so far, by all columns. */
export interface Texts {
  known: number;
}

/** The numbers of texts. */
export class TextColumn extends Column {
  private readonly recent: number[] = [];

  constructor(bytes: Uint8Array, private readonly texts: Texts) {
    super(bytes);
  }

  /** The number of the next text. */
  text(): number {
    const code = this.next();
    let n: number;
    if (code === 0) {
      n = this.texts.known++;
    } else if (code <= mostRecent) {
      n = this.recent[code - 1] ?? 0;
      if (code === 1) return n;
      this.recent.splice(code - 1, 1);
    } else {
      n = code - mostRecent - 1;
    }
    this.recent.unshift(n);
    if (this.recent.length > mostRecent) this.recent.length = mostRecent;
    return n;
  }
}

/** What is packed: a head, and columns by name. Several may have one name. */
export interface Packed<H> {
  head: H;
  columns: Map<string, Uint8Array[]>;
}

/** Unpacks deflated data: traces/view/data.go packs it. It fails with a sentence for a person. */
export async function unpack<H>(deflated: Uint8Array<ArrayBuffer>): Promise<Packed<H>> {
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const inflated = new Response(stream).arrayBuffer().catch(() => {
    throw new Error("it cannot be unpacked"); // a browser says no more than that it failed
  });
  const bytes = new Uint8Array(await inflated);
  const length = bytes.length < 4 ? Infinity : new DataView(bytes.buffer).getUint32(0, true);
  if (4 + length > bytes.length) throw new Error("it ends too early");
  const outer = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as {
    head: H;
    columns: { name: string; bytes: number }[];
  };
  const columns = new Map<string, Uint8Array[]>();
  let at = 4 + length;
  for (const c of outer.columns) {
    const list = columns.get(c.name) ?? [];
    list.push(bytes.subarray(at, at + c.bytes));
    columns.set(c.name, list);
    at += c.bytes;
  }
  return { head: outer.head, columns };
}

/** Returns the bytes of a text in base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
