/** A labelled slider with its value in numbers. */

import { h } from "../core/dom.js";

/** @typedef {{
 *   label: string, min: number, max: number, step: number, name: string,
 *   format: (value: number) => string,
 *   onslide: (value: number) => void, onsettle: () => void, neutral?: number, compact?: boolean,
 * }} SliderOptions `neutral`: where the coloured bar starts, and what a double click sets */

/** @param {SliderOptions} options */
export function slider(options) {
  const { label, min, max, step, name, neutral = min } = options;
  const output = h("output", { class: "slider-value" });
  const input = h("input", { type: "range", min, max, step, name, "aria-label": label });
  const show = (/** @type {number} */ value) => {
    if (Number(input.value) !== value) input.value = String(value);
    output.textContent = options.format(value);
    input.setAttribute("aria-valuetext", options.format(value));
    const share = (/** @type {number} */ one) => `${(100 * (one - min)) / (max - min)}%`;
    input.style.setProperty("--from", share(Math.min(value, neutral)));
    input.style.setProperty("--to", share(Math.max(value, neutral)));
  };
  const slide = (/** @type {number} */ value) => {
    show(value);
    options.onslide(value);
  };
  input.addEventListener("input", () => slide(Number(input.value)));
  input.addEventListener("change", () => options.onsettle());
  input.addEventListener("dblclick", () => {
    slide(neutral);
    options.onsettle();
  });
  const text = h("span", { class: "slider-label" }, label);
  const element = h(
    "label",
    { class: `slider ${options.compact ? "is-compact" : ""}` },
    text,
    input,
    output,
  );
  return { element, input, show };
}

/** @param {number} value from 0 to 1 */
export const percent = (value) => `${Math.round(100 * value)} %`;
