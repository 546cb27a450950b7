/** One picture of the shelf as a button, with its state and its error. */

import * as actions from "../core/actions.js";
import { samplePicture, squarePicture } from "../core/api.js";
import { h, icon, iconButton, lateImage } from "../core/dom.js";
import { uploadSubject, urlOf } from "../core/picture-urls.js";
import { removeEntry } from "../core/shelf.js";
import { desk, work } from "../core/state.js";

/** @import { Entry } from "../core/shelf.js" */

/** @param {Entry} entry */
function thumbnail({ key, stylemap, sample, blob, name }) {
  if (stylemap) return lateImage(squarePicture(stylemap.id, 128), name);
  if (sample) return lateImage(samplePicture(work.value.model, sample), name);
  if (blob) {
    const subject = uploadSubject(key);
    return lateImage(
      urlOf(subject, subject, () => Promise.resolve(blob)),
      name,
    );
  }
  return icon("dice");
}

/** @param {Entry} entry @param {{isSource: boolean, isReference: boolean}} use */
export function pictureTile(entry, { isSource, isReference }) {
  const { key, name, state, error, origin } = entry;
  const isUsed = desk.value.slot === "source" ? isSource : isReference;
  const role = desk.value.slot === "source" ? "source" : "reference";
  const button = h(
    "button",
    {
      type: "button",
      class: `tile is-${state}`,
      "data-entry": key,
      "data-origin": origin,
      "aria-pressed": String(isUsed),
      "aria-busy": String(state === "busy"),
      "aria-label": `Use ${name} as ${role}`,
      title: error ?? name,
      onclick: () => actions.choose(key, desk.value.slot),
    },
    thumbnail(entry),
    state === "busy" && h("span", { class: "spinner" }),
    state === "failed" && icon("warning"),
    isSource && h("span", { class: "badge" }, "Source"),
  );
  if (state !== "failed") return h("div", { class: "tile-box" }, button);
  const away = iconButton("close", `Remove ${name}`, {
    class: "corner",
    onclick: () => removeEntry(key),
  });
  const problem = h("p", { class: "problem", role: "alert" }, error);
  return h("div", { class: "tile-box is-failed" }, button, away, problem);
}
