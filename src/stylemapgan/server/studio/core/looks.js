/** The ways to look at the source: as it was, and three ways to show the edit. */

import { desk } from "./state.js";

/** `original`: the photo; `raw`: the model's output; `pasted`: the edit in the photo.
 * @typedef {"original" | "raw" | "pasted"} Look */

/** @type {readonly {look: Look, text: string}[]} */
export const LOOKS = [
  { look: "raw", text: "Model output" },
  { look: "pasted", text: "In photo" },
];

/** @type {readonly {look: Look, text: string}[]} */
export const AGAINST = [{ look: "original", text: "Original" }, ...LOOKS];

/** The fields of a request for a picture of the edit. @param {Look} look
 * @returns {{view: "raw" | "pasted"}} */
export const fieldsOf = (look) => ({ view: look === "raw" ? "raw" : "pasted" });

/** How the canvas shows the result. @returns {Look} */
export const currentLook = () => desk.value.view;

/** Shows the result in another way. @param {Look} look */
export const showLook = (look) => desk.patch(fieldsOf(look));
