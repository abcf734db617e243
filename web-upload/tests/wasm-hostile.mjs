// `node wasm-hostile.mjs MODULE VECTORS`: every vector cut short and with bits turned over, for the page's verifier.
//
// Whatever it is given, the module answers: it never traps, it always has a code, and for each no a sentence and a next step; and what
// was borrowed of its memory is given back. The changes are the same every time: they come from a counter, not from chance.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Verifier } from "../assets/verifier.mjs";

const [modulePath, vectors] = process.argv.slice(2);
const CUTS = 16;
const FLIPS = 64;
const MEMORY = 8 * 1024 * 1024; // Any of the vectors needs less; all of them together need a hundred times that.

const module = new WebAssembly.Module(readFileSync(modulePath));
let passed = 0;
let failed = 0;
function judge(holds, says) {
  holds ? passed++ : failed++;
  if (!holds) console.log(`FAILED: ${says}`);
}

// The verifier makes itself a new instance where one trapped: so there must be one in the end.
const instances = [];
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...given) {
    super(...given);
    instances.push(this);
  }
};

judge(WebAssembly.Module.imports(module).length === 0, "the module imports something, so it can do more than compute");

const verifier = new Verifier(module);
let files = 0;
for (const name of readdirSync(vectors).filter((name) => name.endsWith(".txt"))) {
  const { kind, trusted, bytes } = read(join(vectors, name));
  let broken = null;
  for (const changed of changes(bytes)) {
    files++;
    broken ??= fault(() => verifier.verify(kind, trusted, changed));
  }
  for (const changed of changes(trusted)) {
    files++;
    broken ??= fault(() => verifier.verify(kind, changed, bytes));
  }
  judge(broken === null, `${name}: ${broken}`);
}
const memory = instances.at(-1).exports.memory.buffer.byteLength;
judge(instances.length === 1, `${instances.length - 1} of ${files} changed files stopped the module`);
judge(memory <= MEMORY, `after ${files} files the module holds ${memory} bytes of memory; at most ${MEMORY} are due`);
console.log(`${files} changed files; the module holds ${memory} bytes of memory`);
console.log(`${passed} hold, ${failed} do not`);
process.exitCode = failed > 0 ? 1 : 0;

function fault(verify) {
  try {
    const { code, says, nextStep } = verify();
    if (!/^[a-z0-9-]+$/.test(code) || code === "unlisted") return `the code ${JSON.stringify(code)}`;
    return code === "ok" || (says && nextStep) ? null : `${code} without a sentence`;
  } catch (error) {
    return String(error);
  }
}

/** Cut short at places all along the file, and single bits turned over all along it. */
function* changes(bytes) {
  if (bytes.length === 0) return;
  for (let n = 0; n < CUTS; n++) yield bytes.subarray(0, Math.floor((bytes.length * n) / CUTS));
  for (let n = 0; n < FLIPS; n++) {
    const changed = Uint8Array.from(bytes);
    changed[Math.floor((bytes.length * n) / FLIPS)] ^= 1 << (n % 8);
    yield changed;
  }
}

function read(path) {
  const text = readFileSync(path, "utf8");
  const end = text.indexOf("\n\n");
  const fields = new Map(text.slice(0, end).split("\n").map((line) => line.split(": ", 2)));
  const enrolled = fields.get("kind") === "support-bundle" && Buffer.from(fields.get("enrolled"), "hex");
  const trusted = enrolled || Buffer.from(fields.get("trust") ?? "", "base64");
  return { kind: fields.get("kind"), trusted, bytes: Buffer.from(text.slice(end), "base64") };
}
