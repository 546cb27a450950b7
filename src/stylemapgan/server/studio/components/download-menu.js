/** The menu for downloads, and for saving and opening projects. */

import { exportResult } from "../core/api.js";
import { h, icon } from "../core/dom.js";
import { toEdit } from "../core/edit.js";
import { openProject, saveProject } from "../core/project.js";
import { stylemapOf } from "../core/shelf.js";
import { desk, work } from "../core/state.js";
import { toggleTheme } from "../core/theme.js";
import { openHelp } from "./help-dialog.js";
import { toast } from "./toasts.js";

/** Lets the browser save a file. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Runs a step with a note on the canvas; shows its error as a toast.
 * @param {string} busy @param {() => Promise<void>} step */
async function attempt(busy, step) {
  desk.patch({ busy });
  try {
    await step();
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error));
  } finally {
    desk.patch({ busy: null });
  }
}

/** @param {"photo" | "square"} content @param {"png" | "jpeg"} format @param {boolean} tag */
const download = (content, format, tag) =>
  attempt("Exporting", async () => {
    const hasPhoto = Boolean(stylemapOf(work.value.source)?.photo);
    const { source } = work.value;
    const { detail } = desk.value;
    const output = { format, content: hasPhoto ? content : "square", detail, tag };
    const body = { source, ...toEdit(work.value), ...output };
    const { blob, name } = await exportResult(body, `image/${format}`);
    save(blob, name);
  });

/** Saves the work as a project file. */
export const saveWork = () =>
  attempt("Saving", async () => {
    const text = JSON.stringify(await saveProject());
    save(new Blob([text], { type: "application/json" }), "studio-project.json");
  });

/** @param {File} file */
export const openWork = (file) => attempt("Opening", async () => openProject(await file.text()));

export function downloadMenu() {
  const tag = h("input", { type: "checkbox", id: "tag", checked: true });
  const file = h("input", {
    type: "file",
    accept: ".json,application/json",
    hidden: true,
    id: "project-input",
  });
  file.addEventListener("change", () => {
    if (file.files?.[0]) void openWork(file.files[0]);
    file.value = "";
  });
  const item = (
    /** @type {string} */ id,
    /** @type {string} */ picture,
    /** @type {string} */ text,
    /** @type {string} */ note,
    /** @type {() => void} */ run,
  ) =>
    h(
      "button",
      {
        type: "button",
        id,
        class: "menu-item",
        onclick: () => {
          menu.hidePopover();
          run();
        },
      },
      icon(picture),
      h("span", {}, text, h("small", {}, note)),
    );
  const phoneItem = (
    /** @type {string} */ picture,
    /** @type {string} */ text,
    /** @type {() => void} */ run,
  ) => {
    const element = item(`menu-${picture}`, picture, text, "", run);
    element.classList.add("phone-only");
    return element;
  };
  const menu = h(
    "div",
    { class: "menu", id: "download-menu", popover: "auto" },
    item("download-png", "download", "PNG", "whole photo, lossless", () =>
      download("photo", "png", tag.checked),
    ),
    item("download-jpeg", "download", "JPEG", "whole photo, smaller file", () =>
      download("photo", "jpeg", tag.checked),
    ),
    item("download-square", "crop", "Square PNG", "the model's output", () =>
      download("square", "png", tag.checked),
    ),
    h(
      "label",
      { class: "menu-check" },
      tag,
      h("span", {}, "Mark as made with AI", h("small", {}, "in the file's metadata")),
    ),
    h("hr"),
    item("save-project", "save", "Save project", "photos, masks and sliders", saveWork),
    item("open-project", "folder", "Open project", "from a file", () => file.click()),
    h("hr", { class: "phone-only" }),
    phoneItem("moon", "Dark or light theme", toggleTheme),
    phoneItem("help", "Help", openHelp),
  );
  const button = h(
    "button",
    {
      type: "button",
      id: "download",
      class: "button is-main",
      popovertarget: "download-menu",
      "aria-haspopup": "true",
    },
    icon("download"),
    h("span", {}, "Download"),
  );
  return h("div", { class: "menu-anchor" }, button, menu, file);
}
