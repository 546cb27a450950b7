/** The ways to look at the source: as it was, and three ways to show the edit. */

import { can, desk } from "./state.js";

/** `original`: the photo; `raw`: the model's output; `plain` and `detail`: the edit in the photo,
 * without and with detail from the photos.
 * @typedef {"original" | "raw" | "plain" | "detail"} Look */

/** @type {readonly {look: Look, text: string}[]} */
export const LOOKS = [
  { look: "detail", text: "With detail" },
  { look: "plain", text: "Without detail" },
  { look: "raw", text: "Model output" },
];

/** @type {readonly {look: Look, text: string}[]} */
export const AGAINST = [{ look: "original", text: "Original" }, ...LOOKS];

/** The fields of a request for a picture of the edit. @param {Look} look
 * @returns {{view: "raw" | "pasted", detail: boolean}} */
export const fieldsOf = (look) => ({
  view: look === "raw" ? "raw" : "pasted",
  detail: look === "detail",
});

/** How the canvas shows the result. @returns {Look} */
export function currentLook() {
  const { view, detail } = desk.value;
  if (view === "raw") return "raw";
  return detail && can("detail") ? "detail" : "plain";
}

/** Shows the result in another way; the model's output leaves the switch for detail as it is.
 * @param {Look} look */
export const showLook = (look) =>
  desk.patch(look === "raw" ? { view: "raw" } : { view: "pasted", detail: look === "detail" });
