/** Dialogs: a title, a body, and buttons; Escape and a click outside close them. */

import { h, iconButton } from "../core/dom.js";

/** @param {string} id @param {string} title @param {Node[]} body @param {Node[]} [buttons] */
export function openDialog(id, title, body, buttons = []) {
  const heading = h("h2", { id: `${id}-title` }, title);
  const close = () => dialog.close();
  const header = h("header", {}, heading, iconButton("close", "Close", { onclick: close }));
  const footer = buttons.length > 0 && h("footer", {}, ...buttons);
  const dialog = h("dialog", { id, "aria-labelledby": heading.id }, header, ...body, footer);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** @param {string} text @param {() => void} onclick @param {{id: string, isMain?: boolean}} options */
export const dialogButton = (text, onclick, { id, isMain = false }) =>
  h("button", { type: "button", id, class: `button ${isMain ? "is-main" : ""}`, onclick }, text);
