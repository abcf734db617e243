// The page's verifier, driven from a command line by the conformance protocol of test-vectors/README.md:
// `node wasm-hand.mjs MODULE` reads a kind, what is trusted and a file, one line each, and answers with a verdict.
// It uses the files that the page loads, the module and what hands it bytes, so that these are what is judged.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Verifier } from "../assets/verifier.mjs";

const verifier = new Verifier(new WebAssembly.Module(readFileSync(process.argv[2])));
const bytes = (line) => (line === "-" ? new Uint8Array() : Buffer.from(line, "base64"));

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => (await lines.next()).value;
for (let kind; (kind = await next()) !== undefined; ) {
  const trusted = bytes(await next());
  const { code } = verifier.verify(kind, trusted, bytes(await next()));
  process.stdout.write(`${code === "ok" ? "accept" : code}\n`);
}
