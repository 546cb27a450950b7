/** Building elements without a framework, and without inline styles. */

import { loadInto } from "./picture-urls.js";

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An element with attributes, listeners (`onclick`) and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Record<string, any>} [fields] @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, fields = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children.filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Puts the sprite of icons into the page, so that icons stay when the server is away. */
export async function loadIcons() {
  const text = await (await fetch(new URL("../icons.svg", import.meta.url))).text();
  const { documentElement } = new DOMParser().parseFromString(text, "image/svg+xml");
  documentElement.setAttribute("class", "visually-hidden");
  documentElement.setAttribute("aria-hidden", "true");
  document.body.prepend(document.importNode(documentElement, true));
}

/** A picture of the sprite `icons.svg`. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** A button that is only an icon; its label is read out and shown on hover.
 * @param {string} name @param {string} label @param {Record<string, any>} [fields] */
export function iconButton(name, label, fields = {}) {
  const { class: extra = "", ...others } = fields;
  const known = {
    type: "button",
    class: `icon-button ${extra}`,
    "aria-label": label,
    title: label,
  };
  return h("button", { ...known, ...others }, icon(name));
}

/** An image whose address comes later. @param {Promise<string>} address @param {string} alt */
export function lateImage(address, alt) {
  const image = h("img", { alt, draggable: "false" });
  const hide = () => image.classList.add("is-missing");
  loadInto(image, address).catch(hide);
  return image;
}

/** Finds an element that must be there.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {ParentNode} root @param {string} selector @returns {T} */
export function find(root, selector) {
  const element = root.querySelector(selector);
  if (!element) throw new Error(`The page has no ${selector}.`);
  return /** @type {T} */ (element);
}
