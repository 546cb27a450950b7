/** The dialog for the square of a photo that the model sees. */

import { reframe } from "../core/actions.js";
import { photoPicture } from "../core/api.js";
import { h } from "../core/dom.js";
import { loadInto } from "../core/picture-urls.js";
import { entryByKey } from "../core/shelf.js";
import { CropView } from "./crop-view.js";
import { dialogButton, openDialog } from "./dialog.js";
import { slider } from "./slider.js";
import { toast } from "./toasts.js";

/** @import { Square } from "../core/types.js" */

const FINDERS = [
  ["foreground", "Find the subject"],
  ["face", "Find a face"],
  ["middle", "Centre"],
];

/** @param {string} key of a picture on the shelf */
export async function openCrop(key) {
  const { photo, stylemap, name } = entryByKey(key);
  if (!photo || !stylemap?.square) return;
  const image = new Image();
  try {
    await loadInto(image, photoPicture(photo.id));
  } catch (error) {
    return toast(error instanceof Error ? error.message : String(error));
  }
  const turn = slider({
    label: "Rotate",
    name: "crop-rotation",
    min: -180,
    max: 180,
    step: 0.5,
    neutral: 0,
    format: (value) => `${value}°`,
    onslide: (rotation) => view.change({ rotation }),
    onsettle: () => {},
  });
  const view = new CropView(image, photo, stylemap.square, ({ rotation }) =>
    turn.show(Math.round(2 * rotation) / 2),
  );
  turn.show(stylemap.square.rotation);
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const apply = async (/** @type {{square?: Square, find?: string}} */ wish) => {
    dialog.setAttribute("aria-busy", "true");
    try {
      await reframe(key, wish);
      const found = entryByKey(key).stylemap?.square;
      if (wish.square) dialog.close();
      else if (found) view.change(found);
      problem.hidden = true;
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
    dialog.removeAttribute("aria-busy");
  };
  const finders = FINDERS.map(([find, text]) =>
    dialogButton(text, () => apply({ find }), { id: `crop-${find}` }),
  );
  const tools = h(
    "div",
    { class: "crop-tools" },
    turn.element,
    h("div", { class: "button-row" }, ...finders),
    problem,
  );
  const lead = h(
    "p",
    { class: "hint" },
    `The model sees only the inside of this square of ${name}. Frame the subject as large as in the samples.`,
  );
  const dialog = openDialog(
    "crop-dialog",
    "Adjust the square",
    [lead, view.canvas, tools],
    [
      dialogButton("Cancel", () => dialog.close(), { id: "crop-cancel" }),
      dialogButton("Use this square", () => apply({ square: view.square }), {
        id: "crop-apply",
        isMain: true,
      }),
    ],
  );
  view.draw();
  view.canvas.focus();
}
