/** `<studio-pictures>`: source and references, and the shelf of pictures to choose from. */

import * as actions from "../core/actions.js";
import { squarePicture } from "../core/api.js";
import { h, icon, iconButton, lateImage } from "../core/dom.js";
import { entryOf, shelf, stylemapOf } from "../core/shelf.js";
import { can, currentModel, desk, work } from "../core/state.js";
import { credit } from "./credit.js";
import { openCrop } from "./crop-dialog.js";
import { pictureTile } from "./tile.js";
import { openWebcam } from "./webcam-dialog.js";

/** @import { Entry } from "../core/shelf.js" */

class StudioPictures extends HTMLElement {
  #source = h("div", { class: "slot-body" });
  #references = h("div", { class: "slot-body" });
  #gallery = h("div", { class: "gallery" });
  #title = h("h2", { id: "gallery-title" });
  #shown = "";

  connectedCallback() {
    this.append(
      slot("source", "Source", this.#source),
      slot("references", "References", this.#references, document.createElement("studio-suggestions")),
      h("header", { class: "panel-title" }, this.#title, ...adders()),
      this.#gallery,
    );
    for (const store of [work, desk, shelf]) store.subscribe(() => this.#update());
    this.#update();
  }

  #update() {
    const { source, references, model } = work.value;
    const { slot: active, reference } = desk.value;
    const shown = JSON.stringify([source, references, model, active, reference, shelf.value]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const section of this.querySelectorAll(".slot")) {
      section.classList.toggle("is-active", section.id === `slot-${active}`);
      section
        .querySelector(".slot-title")
        ?.setAttribute("aria-pressed", String(section.id === `slot-${active}`));
    }
    this.#title.textContent = active === "source" ? "Choose a source" : "Add references";
    this.#source.replaceChildren(sourceCard(source));
    this.#references.replaceChildren(referenceRow(references, reference), referenceLine(reference));
    this.#keepFocus(() => this.#gallery.replaceChildren(...groups()));
  }

  /** Rebuilds the gallery without losing the keyboard's focus. @param {() => void} build */
  #keepFocus(build) {
    const key = document.activeElement?.getAttribute("data-entry");
    build();
    if (key)
      /** @type {HTMLElement | null} */ (
        this.#gallery.querySelector(`[data-entry="${key}"]`)
      )?.focus();
  }
}

/** @param {"source" | "references"} name @param {string} label @param {HTMLElement[]} body */
function slot(name, label, ...body) {
  const title = h(
    "button",
    {
      type: "button",
      class: "slot-title",
      id: `choose-${name}`,
      onclick: () => desk.patch({ slot: name }),
    },
    label,
    h("span", { class: "slot-state" }, "active"),
  );
  return h("section", { class: "slot", id: `slot-${name}`, "aria-label": label }, title, ...body);
}

/** @param {string | null} id */
function sourceCard(id) {
  const entry = entryOf(id);
  if (!id || !entry) {
    const orSample = currentModel()?.samples.length ? ", or start with a sample" : "";
    return h("p", { class: "hint" }, `Drop a photo here${orSample}.`);
  }
  const { good, poor } = fitNotes(id);
  return h(
    "div",
    { class: "card" },
    lateImage(squarePicture(id, 256), `Source: ${entry.name}`),
    h("div", { class: "card-text" }, h("strong", {}, entry.name), good),
    ...cropButton(entry),
    poor,
  );
}

/** @param {Entry} entry */
function cropButton(entry) {
  if (!entry.photo) return [];
  const label = `Adjust the square of ${entry.name}`;
  return [iconButton("crop", label, { class: "crop-button", onclick: () => openCrop(entry.key) })];
}

/** How well the model represents a picture. @param {string | null} id */
function fitNotes(id) {
  const { verdict = "unknown", message } = stylemapOf(id)?.fit ?? {};
  const isPoor = verdict === "doubtful" || verdict === "outside";
  return {
    good: verdict === "good" && h("span", { class: "fit is-good" }, icon("check"), "Good fit"),
    poor: isPoor && h("p", { class: "fit is-poor", role: "status" }, icon("warning"), message),
  };
}

/** @param {readonly string[]} ids @param {string | null} chosen */
function referenceRow(ids, chosen) {
  const tiles = ids.map((id) => {
    const name = entryOf(id)?.name ?? "Reference";
    const isPoor = ["doubtful", "outside"].includes(stylemapOf(id)?.fit?.verdict ?? "");
    return h(
      "button",
      {
        type: "button",
        class: "reference",
        "aria-pressed": String(id === chosen),
        title: name,
        "aria-label": `Paint with ${name}`,
        "data-stylemap": id,
        onclick: () => actions.selectReference(id),
      },
      lateImage(squarePicture(id, 128), ""),
      isPoor && icon("warning"),
    );
  });
  const dice = h(
    "button",
    {
      type: "button",
      class: "reference is-adder",
      id: "dice",
      title: "A random picture",
      "aria-label": "Add a random picture",
      onclick: () => actions.rollDice("references"),
    },
    icon("dice"),
  );
  return h("div", { class: "references" }, ...tiles, can("generate") && dice);
}

/** The selected reference and its buttons. @param {string | null} id */
function referenceLine(id) {
  const entry = entryOf(id);
  if (!id || !entry) {
    const orDice = can("generate") ? ", or roll the dice" : "";
    return h("p", { class: "hint" }, `Choose a picture below${orDice}.`);
  }
  const away = iconButton("trash", `Remove ${entry.name} from the references`, {
    onclick: () => actions.removeReference(id),
  });
  const { good, poor } = fitNotes(id);
  const text = h("div", { class: "card-text" }, h("strong", {}, entry.name), good);
  const line = h("div", { class: "reference-line" }, text, ...cropButton(entry), away);
  return h("div", {}, line, poor);
}

/** Buttons for adding photos. */
function adders() {
  const input = h("input", {
    type: "file",
    accept: "image/*,.heic,.heif,.hif,.avif,.tif,.tiff", // some systems do not list these as images
    multiple: true,
    hidden: true,
    id: "file-input",
  });
  input.addEventListener("change", () => {
    void actions.addFiles([...(input.files ?? [])], desk.value.slot);
    input.value = "";
  });
  return [
    iconButton("upload", "Upload photos", { id: "upload", onclick: () => input.click() }),
    iconButton("camera", "Take a photo", { id: "webcam", onclick: openWebcam }),
    input,
  ];
}

function groups() {
  const uses = new Map(work.value.references.map((id) => [entryOf(id)?.key, "reference"]));
  const source = entryOf(work.value.source)?.key;
  const tile = (/** @type {Entry} */ entry) =>
    pictureTile(entry, { isSource: entry.key === source, isReference: uses.has(entry.key) });
  const own = shelf.value.filter((entry) => entry.origin !== "sample");
  const samples = shelf.value.filter((entry) => entry.origin === "sample");
  const words = currentModel()?.sample_credit;
  const empty = h(
    "p",
    { class: "hint" },
    "Drop a photo anywhere, paste one, or use the upload button above.",
  );
  return [
    h("h3", {}, "Yours"),
    own.length ? h("div", { class: "tiles" }, ...own.reverse().map(tile)) : empty,
    ...(samples.length
      ? [h("h3", {}, "Samples"), h("div", { class: "tiles" }, ...samples.map(tile))]
      : []),
    ...(words ? [credit(words)] : []),
  ];
}

customElements.define("studio-pictures", StudioPictures);
