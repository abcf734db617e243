// Lets files be dropped on the upload form, and lists what was chosen before it is sent.
//
// The form is whole without this script: a file input and a button. Wherever an element is marked `data-drop-zone`,
// the script puts dropped files into the input inside it; the browser still posts the form itself. Nothing is read
// from the files and nothing is sent from here. What is in them, check.mjs says.
//
//   data-drop-zone          on the element that holds one <input type="file">
//   data-max-bytes="65536"  optional: a longer file is marked before it is sent (the server decides all the same)

"use strict";

for (const zone of document.querySelectorAll("[data-drop-zone]")) {
  const input = zone.querySelector("input[type=file]");
  if (input) upgrade(zone, input);
}

// A file that misses the zone would otherwise replace the page.
for (const type of ["dragover", "drop"]) {
  window.addEventListener(type, (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
}

function upgrade(zone, input) {
  const list = document.createElement("ul");
  list.className = "chosen-files";
  list.hidden = true;

  // In the page from the start and empty: a live region that arrives with its words is not read out.
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");

  zone.append(list, status);
  zone.classList.add("is-ready");

  // Entering a child fires `dragleave` on its parent, so count instead of switching.
  let depth = 0;
  const hover = (change) => {
    depth = Math.max(0, change(depth));
    zone.classList.toggle("is-over", depth > 0);
  };

  zone.addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) hover((n) => n + 1);
  });
  zone.addEventListener("dragleave", (event) => {
    if (carriesFiles(event)) hover((n) => n - 1);
  });
  zone.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  zone.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    hover(() => 0);
    const dropped = [...event.dataTransfer.files];
    // Dropping adds, since files are often dropped one by one; choosing by the button replaces, as it always does.
    choose(input, input.multiple ? [...input.files, ...dropped] : dropped.slice(0, 1));
  });

  input.addEventListener("change", () => show(zone, input, list, status));

  // A page that comes back from the browser's history may still hold files.
  if (input.files.length > 0) show(zone, input, list, status);
}

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

// Puts `files` into the input, each once, and lets everybody who listens know.
function choose(input, files) {
  const chosen = new DataTransfer();
  const seen = new Set();
  for (const file of files) {
    const same = JSON.stringify([file.name, file.size, file.lastModified]);
    if (!seen.has(same)) chosen.items.add(file);
    seen.add(same);
  }
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function show(zone, input, list, status) {
  const files = [...input.files];
  const limit = Number(zone.dataset.maxBytes) || Infinity;

  list.replaceChildren(...files.map((file) => row(file, limit, () => {
    choose(input, files.filter((other) => other !== file));
    input.focus();
  })));
  list.hidden = files.length === 0;

  const names = files.map((file) => file.name).join(", ");
  status.textContent = files.length === 0 ? "No file chosen" : `${count(files.length)} chosen: ${names}`;
}

function row(file, limit, remove) {
  const item = document.createElement("li");
  item.append(span("name", file.name), span("size", size(file.size)));

  const button = document.createElement("button");
  button.type = "button";
  button.className = "secondary outline";
  button.textContent = "Remove";
  button.setAttribute("aria-label", `Remove ${file.name}`);
  button.addEventListener("click", remove);
  item.append(button);

  if (file.size > limit) item.append(span("warning", `Longer than any request file (${size(limit)}): it will be refused.`));
  if (file.size === 0) item.append(span("warning", "Empty: it will be refused."));
  return item;
}

// File names are a stranger's text: always text, never markup.
function span(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}

function count(files) {
  return files === 1 ? "1 file" : `${files} files`;
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  const kibibytes = bytes / 1024;
  return kibibytes < 1024 ? `${round(kibibytes)} KiB` : `${round(kibibytes / 1024)} MiB`;
}

// One digit after the point, and none where it would be zero: 64 KiB, 1.5 MiB.
function round(number) {
  return Number(number.toFixed(1));
}
