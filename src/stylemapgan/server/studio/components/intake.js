/** Photos dropped anywhere on the page, or pasted. */

import { addFiles } from "../core/actions.js";
import { h, icon } from "../core/dom.js";
import { desk } from "../core/state.js";
import { openWork } from "./download-menu.js";

/** @import { Slot } from "../core/actions.js" */

/** @param {DataTransfer | null} transfer */
const hasFiles = (transfer) => Boolean(transfer && [...transfer.types].includes("Files"));

/** @param {readonly File[]} files @param {Slot} slot */
function take(files, slot) {
  const project = files.find(
    (file) => file.type === "application/json" || file.name.endsWith(".json"),
  );
  if (project) void openWork(project);
  else void addFiles(files, slot);
}

/** @param {Slot} slot @param {string} title @param {string} text */
function zone(slot, title, text) {
  const element = h(
    "div",
    { class: "drop-zone", id: `drop-${slot}` },
    icon("upload"),
    h("strong", {}, title),
    h("span", {}, text),
  );
  element.addEventListener("dragenter", () => element.classList.add("is-over"));
  element.addEventListener("dragleave", () => element.classList.remove("is-over"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    take([...(event.dataTransfer?.files ?? [])], slot);
  });
  return element;
}

/** Listens to the whole page. */
export function startIntake() {
  const overlay = h(
    "div",
    { class: "drop-overlay", hidden: true },
    zone("source", "Drop as source", "the picture to change"),
    zone("references", "Drop as reference", "the picture to copy from"),
  );
  document.body.append(overlay);
  const hide = () => {
    overlay.hidden = true;
    for (const element of overlay.children) element.classList.remove("is-over");
  };
  addEventListener("dragenter", (event) => {
    if (hasFiles(event.dataTransfer)) overlay.hidden = false;
  });
  addEventListener("dragover", (event) => hasFiles(event.dataTransfer) && event.preventDefault());
  addEventListener("dragleave", (event) => event.relatedTarget === null && hide());
  addEventListener("drop", (event) => {
    event.preventDefault();
    hide();
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files, desk.value.slot);
  });
}
