// The verifier in JavaScript's hands: hands bytes to the WebAssembly module, and brings back what it said.
//
// The module is the C library (`verifier/capi`) without its half that keeps state: it has no import, so it can do nothing but
// compute. What a call means is written in the library's header; this file knows memory, and neither the page nor the network.

/** The kinds of file by their numbers in the C library. */
export const KINDS = [
  null,
  "activation-request",
  "refresh-request",
  "deactivation-request",
  "license",
  "deactivation-receipt",
  "refusal",
  "trust-bundle",
  "revocation-list",
  "checkpoint",
  "support-bundle",
];

export class Verifier {
  #module;
  #wasm;

  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.#module = module;
    this.#begin();
  }

  /**
   * Verifies a file that is brought as a kind. `trusted` is what is believed already, and nothing for a request.
   *
   * Gives `code`, which is `ok` or that of the first rule broken; then `says` and `nextStep`, for people; and `file`, what the
   * file is, with its `kind`, its readable `lines`, and whether it `isVerified`: a file that is not may still say much, and
   * anybody may have written it. `file` is null where nothing can be read.
   *
   * @param {string} kind
   * @param {Uint8Array} trusted
   * @param {Uint8Array} bytes
   */
  verify(kind, trusted, bytes) {
    try {
      return this.#lend(trusted, (...lentTrusted) =>
        this.#lend(bytes, (...lent) => this.#judge(KINDS.indexOf(kind), lentTrusted, lent)));
    } catch (error) {
      // Whatever stopped it may have stopped it halfway: nothing of that memory is used again.
      this.#begin();
      throw error;
    }
  }

  #begin() {
    this.#wasm = new WebAssembly.Instance(this.#module).exports;
  }

  #judge(kind, trusted, bytes) {
    const error = this.#wasm.waybill_error_new();
    const file = this.#read((out) => this.#wasm.waybill_verify_file(kind, ...trusted, ...bytes, out, error));
    const result = {
      code: this.#textUntilZero(this.#wasm.waybill_error_code(error)),
      says: this.#text((length) => this.#wasm.waybill_error_says(error, length)),
      nextStep: this.#text((length) => this.#wasm.waybill_error_next_step(error, length)),
      file: file ?? this.#read((out) => this.#wasm.waybill_file_read_unverified(...bytes, out, 0)),
    };
    this.#wasm.waybill_error_free(error);
    return result;
  }

  /** What a call read, which puts a file where it is told to and returns 0; else null. */
  #read(call) {
    return this.#lend(new Uint8Array(4), (out) => {
      if (call(out) !== 0) return null;
      const file = this.#number(out);
      const lines = Array.from({ length: this.#wasm.waybill_file_line_count(file) }, (_, number) =>
        this.#text((length) => this.#wasm.waybill_file_line(file, number, length)));
      const isVerified = this.#wasm.waybill_file_is_verified(file) !== 0;
      const kind = KINDS[this.#wasm.waybill_file_kind(file)];
      this.#wasm.waybill_file_free(file);
      return { kind, lines, isVerified };
    });
  }

  /** Puts bytes where the module can see them, for as long as `use` takes: it gets their place and their number. */
  #lend(bytes, use) {
    const buffer = this.#wasm.waybill_buffer_new(bytes.length);
    if (buffer === 0) throw new RangeError("the verifier has no memory left");
    const place = this.#wasm.waybill_buffer_data(buffer);
    this.#memory(place, bytes.length).set(bytes);
    const result = use(place, bytes.length);
    this.#wasm.waybill_buffer_free(buffer);
    return result;
  }

  /** The text at the place that a call gives, which puts its length where it is told to. */
  #text(call) {
    return this.#lend(new Uint8Array(4), (length) => {
      const place = call(length);
      return decoder.decode(this.#memory(place, this.#number(length)));
    });
  }

  #textUntilZero(place) {
    const memory = this.#memory(place);
    return decoder.decode(memory.subarray(0, memory.indexOf(0)));
  }

  #number(place) {
    return new DataView(this.#wasm.memory.buffer).getUint32(place, true);
  }

  /** Looked up anew each time: memory that grows moves. */
  #memory(place, length) {
    return new Uint8Array(this.#wasm.memory.buffer, place, length);
  }
}

const decoder = new TextDecoder();
