// Reads .lzma files: the laboratory's program is a third smaller so than in what browsers decompress by themselves.

const half = 1024, probabilityBits = 11, learning = 5;

/** Bits reads bits that were encoded with their probabilities. */
class Bits {
  private width = 0xffffffff;
  private code = 0;
  private at: number;

  constructor(private readonly bytes: Uint8Array, at: number) {
    for (let i = 1; i < 5; i++) this.code = (this.code << 8 | this.byte(at + i)) >>> 0; // the first is 0
    this.at = at + 5;
  }

  /** bit reads a bit whose probability is of[i], which learns from it. */
  bit(of: Uint16Array, i: number): number {
    const p = of[i] as number, bound = (this.width >>> probabilityBits) * p;
    let bit = 0;
    if (this.code < bound) {
      this.width = bound;
      of[i] = p + ((2 * half - p) >> learning);
    } else {
      this.width -= bound;
      this.code -= bound;
      of[i] = p - (p >> learning);
      bit = 1;
    }
    if (this.width < 1 << 24) {
      this.width = this.width * 256;
      this.code = this.code * 256 + this.byte(this.at++);
    }
    return bit;
  }

  /** direct reads a number of bits that are as likely 0 as 1. */
  direct(count: number): number {
    let value = 0;
    for (; count > 0; count--) {
      this.width >>>= 1;
      const bit = this.code >= this.width ? 1 : 0;
      if (bit) this.code -= this.width;
      value = value << 1 | bit;
      if (this.width < 1 << 24) {
        this.width = this.width * 256;
        this.code = this.code * 256 + this.byte(this.at++);
      }
    }
    return value;
  }

  /** tree reads a number of bits, the highest first. */
  tree(of: Uint16Array, from: number, count: number): number {
    let at = 1;
    for (let i = 0; i < count; i++) at = at << 1 | this.bit(of, from + at);
    return at - (1 << count);
  }

  /** reverse reads a number of bits, the lowest first. */
  reverse(of: Uint16Array, from: number, count: number): number {
    let at = 1, value = 0;
    for (let i = 0; i < count; i++) {
      const bit = this.bit(of, from + at);
      at = at << 1 | bit;
      value |= bit << i;
    }
    return value;
  }

  private byte(at: number): number {
    if (at >= this.bytes.length) throw new Error("the compressed program is cut short");
    return this.bytes[at] as number;
  }
}

/** Lengths reads how long matches are. */
class Lengths {
  private readonly choice = even(2);
  private readonly low: Uint16Array;
  private readonly mid: Uint16Array;
  private readonly high = even(256);

  constructor(positions: number) {
    this.low = even(8 * positions);
    this.mid = even(8 * positions);
  }

  read(bits: Bits, position: number): number {
    if (bits.bit(this.choice, 0) === 0) return 2 + bits.tree(this.low, 8 * position, 3);
    if (bits.bit(this.choice, 1) === 0) return 10 + bits.tree(this.mid, 8 * position, 3);
    return 18 + bits.tree(this.high, 0, 8);
  }
}

/** unpack returns what an .lzma file holds that says how much that is. It fails when the file is none, or cut short. */
export function unpack(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 18 || head.getUint8(0) >= 9 * 5 * 5 || head.getUint32(9, true) !== 0) {
    throw new Error("the compressed program is no .lzma file with a size");
  }
  const properties = head.getUint8(0), out = new Uint8Array(head.getUint32(5, true));
  decode(new Bits(bytes, 13), out, properties % 9, Math.floor(properties / 9) % 5, Math.floor(properties / 45));
  return out;
}

/** decode reads until all of out is there. */
function decode(bits: Bits, out: Uint8Array, literalBits: number, literalPosition: number, positionBits: number): void {
  const positions = 1 << positionBits;
  const literals = even(0x300 << (literalBits + literalPosition));
  const isMatch = even(12 * positions), isRep0Long = even(12 * positions);
  const isRep = even(12), isRep0 = even(12), isRep1 = even(12), isRep2 = even(12);
  const slots = even(4 * 64), special = even(129), align = even(16);
  const matches = new Lengths(positions), repeats = new Lengths(positions);
  let state = 0, rep0 = 0, rep1 = 0, rep2 = 0, rep3 = 0, at = 0;

  const literal = () => {
    const before = at > 0 ? out[at - 1] as number : 0;
    const of = 0x300 * (((at & ((1 << literalPosition) - 1)) << literalBits) + (before >> (8 - literalBits)));
    let symbol = 1;
    if (state >= 7) { // after a match the byte differs from the one that would have gone on with it
      let match = out[at - rep0 - 1] as number, same = true;
      while (same && symbol < 0x100) {
        const expected = match >> 7 & 1;
        match <<= 1;
        const bit = bits.bit(literals, of + ((1 + expected) << 8) + symbol);
        symbol = symbol << 1 | bit;
        same = bit === expected;
      }
    }
    while (symbol < 0x100) symbol = symbol << 1 | bits.bit(literals, of + symbol);
    out[at++] = symbol;
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  };

  const distance = (length: number): number => {
    const slot = bits.tree(slots, 64 * Math.min(length - 2, 3), 6);
    if (slot < 4) return slot;
    const count = (slot >> 1) - 1, base = (2 | slot & 1) * 2 ** count;
    if (slot < 14) return base + bits.reverse(special, base - slot, count);
    return base + bits.direct(count - 4) * 16 + bits.reverse(align, 0, 4);
  };

  /** again reads which of the last distances it is, and returns whether it is that of a single byte. */
  const again = (position: number): boolean => {
    if (bits.bit(isRep0, state) === 0) return bits.bit(isRep0Long, state * positions + position) === 0;
    let found = rep1;
    if (bits.bit(isRep1, state) === 1) {
      found = rep2;
      if (bits.bit(isRep2, state) === 1) {
        found = rep3;
        rep3 = rep2;
      }
      rep2 = rep1;
    }
    rep1 = rep0;
    rep0 = found;
    return false;
  };

  while (at < out.length) {
    const position = at & (positions - 1);
    if (bits.bit(isMatch, state * positions + position) === 0) {
      literal();
      continue;
    }
    let length = 1;
    if (bits.bit(isRep, state) === 0) {
      length = matches.read(bits, position);
      rep3 = rep2;
      rep2 = rep1;
      rep1 = rep0;
      rep0 = distance(length);
      state = state < 7 ? 7 : 10;
    } else if (again(position)) {
      state = state < 7 ? 9 : 11;
    } else {
      length = repeats.read(bits, position);
      state = state < 7 ? 8 : 11;
    }
    if (rep0 >= at || at + length > out.length) throw new Error("the compressed program is damaged");
    for (const end = at + length, back = rep0 + 1; at < end; at++) out[at] = out[at - back] as number;
  }
}

/** even returns probabilities of bits that are as likely 0 as 1. */
function even(count: number): Uint16Array {
  return new Uint16Array(count).fill(half);
}
