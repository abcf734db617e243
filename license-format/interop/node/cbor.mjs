// FORMAT.md, "CBOR profile": one deterministic item, and a refusal of all else.
// A map becomes a Map, bytes a Buffer, an integer a Number: the profile has no integer that a Number does not hold exactly.

import { refuse, must } from './refusal.mjs';

const MAX_LEVELS = 8;
const MAX_ITEMS = 10_000;

export const UINT = 0, NINT = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6;
const SIMPLE = 7;

/** The single item that `bytes` are. */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.item();
  reader.end();
  return value;
}

/** A cursor. The container and the envelope read their heads with it one by one, payloads whole items. */
export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.items = 0;
  }

  get left() { return this.bytes.length - this.at; }

  end() { must(this.left === 0, 'cbor-trailing'); }

  take(length) {
    must(length <= this.left, 'cbor-truncated');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A head: its major type and its argument, as short as it can be. Floats, and simple values in two bytes, have no good one. */
  head() {
    const [first] = this.take(1);
    const type = first >> 5, info = first & 31;
    if (info < 24) return { type, argument: info };
    must(info !== 31, 'cbor-indefinite'); // whatever it is that has no length
    must(info < 28, 'cbor-reserved');
    if (type === SIMPLE) refuse(info === 24 ? 'cbor-simple' : 'cbor-float');
    const size = 1 << (info - 24);
    // Beyond 2^53 the sum is rounded, and stays beyond.
    const argument = this.take(size).reduce((sum, byte) => sum * 256 + byte, 0);
    must(argument >= [24, 2 ** 8, 2 ** 16, 2 ** 32][info - 24], 'cbor-long-head');
    return { type, argument };
  }

  text(length) {
    const bytes = this.take(length);
    const text = bytes.toString('utf8'); // puts a replacement where bytes are no UTF-8, and so makes other bytes
    must(Buffer.from(text, 'utf8').equals(bytes), 'cbor-utf8');
    return text;
  }

  /** A map's key. `before` is the encoding of the key before it; the answer has this one's. */
  key(before) {
    return this.keyOf(before, (length) => this.text(length));
  }

  /** A key of the container, which may be no UTF-8: each byte becomes a character. */
  containerKey(before) {
    return this.keyOf(before, (length) => this.take(length).toString('latin1'));
  }

  keyOf(before, read) {
    const start = this.at;
    const head = this.head();
    must(++this.items <= MAX_ITEMS, 'cbor-too-many-items');
    must(head.type === TEXT, 'cbor-key-type');
    const name = read(head.argument);
    const encoded = this.bytes.subarray(start, this.at);
    const order = before ? Buffer.compare(before, encoded) : -1;
    must(order !== 0, 'cbor-duplicate-key');
    must(order < 0, 'cbor-unsorted-keys');
    return { name, encoded };
  }

  item(level = 1) {
    const { type, argument } = this.head();
    must(++this.items <= MAX_ITEMS, 'cbor-too-many-items');
    switch (type) {
      case UINT:
        must(argument <= Number.MAX_SAFE_INTEGER, 'cbor-integer-range');
        return argument;
      case NINT:
        must(argument < Number.MAX_SAFE_INTEGER, 'cbor-integer-range');
        return -1 - argument;
      case BYTES: return this.take(argument);
      case TEXT: return this.text(argument);
      case ARRAY: {
        must(argument <= this.left, 'cbor-truncated');
        must(level <= MAX_LEVELS, 'cbor-too-deep');
        return Array.from({ length: argument }, () => this.item(level + 1));
      }
      case MAP: {
        must(2 * argument <= this.left, 'cbor-truncated');
        must(level <= MAX_LEVELS, 'cbor-too-deep');
        const map = new Map();
        for (let n = 0, key; n < argument; n++) {
          key = this.key(key?.encoded);
          map.set(key.name, this.item(level + 1));
        }
        return map;
      }
      case TAG: return refuse('cbor-tag');
    }
    must(argument === 20 || argument === 21, 'cbor-simple');
    return argument === 21;
  }
}
