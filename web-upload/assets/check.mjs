// Says of each file, before it is sent, what it is or what is wrong with it: the proxy's own verifier runs in the page.
//
// The page is whole without this: the portal decides about every file in any case, and nothing here keeps anybody from sending one.
// Where WebAssembly is missing, or the verifier does not load, nothing is shown. Nothing leaves the browser: the two files of the
// verifier are fetched, once somebody chooses a file, and what is in the chosen files goes nowhere.
//
//   data-check="verifier.mjs's address"   on the form
//   data-check-module="the module's address"
//
// upload.js has listed the chosen files, one <li> each, before this looks at them.

const form = document.querySelector("form[data-check]");
const zone = form.querySelector("[data-drop-zone]");
const input = zone.querySelector("input[type=file]");
const text = form.querySelector("textarea");

// Enough for any file that is pasted, and for a paste to be one event.
const PAUSE = 300;

const ANSWERS = ["license", "deactivation-receipt", "refusal"];

// In the page from the start and empty: a live region that arrives with its words is not read out.
const announceFiles = liveRegion(zone);
const announceText = liveRegion(text.parentElement);

input.addEventListener("change", () => checkFiles());
if (input.files.length > 0) checkFiles();

let typing;
text.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(checkText, PAUSE);
});
if (text.value) checkText();

async function checkFiles() {
  const rows = [...zone.querySelectorAll(".chosen-files > li")];
  const findings = rows.length > 0 ? await judge([...input.files]) : [];
  // Rows are made anew with every choice: those that are gone were chosen before.
  if (!rows.every((row) => row.isConnected)) return;

  zone.querySelector(".checked-here")?.remove();
  for (const [at, row] of rows.entries()) if (findings[at]) show(row, findings[at]);
  if (findings.some(Boolean)) zone.querySelector(".chosen-files").after(note());
  announceFiles(findings);
}

async function checkText() {
  const pasted = text.value;
  const blank = pasted.trim() === "";
  const findings = blank ? [] : await judge([new File([pasted], "The pasted text")]);
  if (text.value !== pasted) return;

  text.parentElement.querySelector(".pasted")?.remove();
  if (findings[0]) {
    const box = element("div", "pasted");
    text.after(box);
    show(box, findings[0]);
    box.append(note());
  }
  announceText(findings);
}

/** What there is to say of each file; nothing of those about which nothing can be told. */
async function judge(files) {
  try {
    const verifier = await load();
    return await Promise.all(files.map((file) => finding(verifier, file).catch(() => null)));
  } catch {
    return [];
  }
}

let loading;

/** Once for the page, and again at the next choice where it failed. */
function load() {
  loading ??= Promise.all([import(form.dataset.check), WebAssembly.compileStreaming(fetch(form.dataset.checkModule))])
    .then(([{ Verifier }, module]) => new Verifier(module))
    .catch((error) => {
      loading = undefined;
      throw error;
    });
  return loading;
}

async function finding(verifier, file) {
  const limit = Number(zone.dataset.maxBytes);
  if (file.size > limit) {
    return {
      ...{ name: file.name, tone: "stop", word: "Cannot be answered", lines: [], code: "too-large" },
      says: "This is longer than any Waybill file.",
      next: "Choose the .waybill file itself; this is something else, or several files in one.",
    };
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  // Any request passes for any other: which it is, the file says.
  const { code, says, nextStep, file: read } = verifier.verify("activation-request", new Uint8Array(), bytes);
  const found = { name: file.name, lines: read?.lines ?? [], code };
  if (code === "ok") return { ...found, tone: "ok", word: "Ready to upload" };
  if (ANSWERS.includes(read?.kind)) {
    return {
      ...{ ...found, tone: "warn", word: "Goes to the proxy" },
      says: "This file is an answer; it goes to the proxy.",
      next: "Carry it to the proxy and import it there. What is uploaded here are the requests that waybill-proxy saves.",
    };
  }
  return { ...found, tone: "stop", word: "Cannot be answered", says: sentence(says), next: nextStep };
}

function show(place, { tone, word, says, code, next, lines }) {
  place.querySelector(".warning")?.remove(); // upload.js saw no more than the size
  const status = element("span", `status status--${tone}`, word);
  const button = place.querySelector("button");
  button ? button.before(status) : place.append(status);

  const details = element("div", "finding");
  if (says) {
    const what = element("p", "", element("strong", "", says), " ", element("span", "code-chip", code));
    details.append(what, element("p", "", element("strong", "", "Next:"), ` ${next}`));
    if (lines.length > 0) details.append(element("p", "claims", "What the file says of itself, not verified:"));
  }
  if (lines.length > 0) details.append(facts(lines));
  place.append(details);
}

/** `Name: value` lines as a list, as the answers show them. */
function facts(lines) {
  const list = element("dl", "facts");
  for (const line of lines) {
    const [name, ...value] = line.split(": ");
    list.append(element("dt", "", name), element("dd", "", value.join(": ")));
  }
  return list;
}

function note() {
  return element("p", "checked-here", "Checked in this browser; nothing has been sent yet. The portal decides in any case.");
}

/** A place whose words are read out as they change; gives what tells it the newest findings. */
function liveRegion(parent) {
  const region = element("p", "visually-hidden");
  region.setAttribute("role", "status");
  parent.append(region);
  const words = ({ name, word, says, next, lines }) => (says ? `${name}: ${word}. ${says} ${next}` : `${name}: ${word}. ${lines[0]}.`);
  let told = [];
  return (findings) => {
    // Of several files that stand there while one is added or removed, nothing is said again.
    const before = told;
    told = findings.filter(Boolean).map(words);
    region.textContent = told.filter((text) => !before.includes(text)).join(" ");
  };
}

// Files and their names are a stranger's text: always text, never markup.
function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** An error's words as a sentence of its own. */
function sentence(words) {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.?!]$/.test(words) ? "" : "."}`;
}
