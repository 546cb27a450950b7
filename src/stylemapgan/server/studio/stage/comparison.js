/** The picture left of the divider, where that is another look at the edit, not the original. */

import { renderEdit } from "../core/api.js";
import { toEdit } from "../core/edit.js";
import { currentLook, fieldsOf } from "../core/looks.js";
import { desk, work } from "../core/state.js";
import { Store } from "../core/store.js";
import { restingSize } from "./picture-size.js";
import { view } from "./view.js";

/** @import { Look } from "../core/looks.js" */
/** @import { Work } from "../core/types.js" */

const PAUSE = 150; // milliseconds without a change before a picture is asked for

/** @typedef {{work: Work, look: Look, size: number}} Wish */

/** The picture that was asked for last. */
export const comparison = new Store({ picture: /** @type {ImageBitmap | null} */ (null) });

/** @type {Wish | null} */
let wish = null;

/** @returns {Wish | null} */
function wanted() {
  const { isComparing, against } = desk.value;
  const { source } = work.value;
  if (!source || !isComparing || against === "original" || against === currentLook()) return null;
  return { work: work.value, look: against, size: restingSize(source) };
}

/** @param {ImageBitmap | null} picture */
function show(picture) {
  const old = comparison.value.picture;
  comparison.set({ picture });
  old?.close();
}

function update() {
  const next = wanted();
  const isSame =
    next?.work === wish?.work && next?.look === wish?.look && next?.size === wish?.size;
  if (isSame) return;
  if (next?.look !== wish?.look) show(null);
  wish = next;
  if (next) setTimeout(() => next === wish && void render(next), PAUSE);
}

/** @param {Wish} asked */
async function render(asked) {
  const { source } = asked.work;
  const body = { source, ...toEdit(asked.work), ...fieldsOf(asked.look), size: asked.size };
  const picture = await renderEdit(body).catch(() => null); // the live connection shows errors
  if (asked === wish) show(picture);
  else picture?.close();
}

export function startComparison() {
  for (const store of [desk, work, view]) store.subscribe(update);
}
