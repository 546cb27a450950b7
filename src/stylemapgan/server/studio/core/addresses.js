/**
 * Addresses of pictures that an `<img>` can show. Each keeps its picture in memory until it is
 * revoked, so those that nothing on the page can show any more are revoked.
 */

/** @typedef {{subject: string, address: Promise<string>}} Known */

/** @type {Map<string, Known>} */
const known = new Map();

/** The address of a picture, made when first asked for.
 * @param {string} key names the picture @param {string} subject what it shows
 * @param {() => Promise<Blob>} load @returns {Promise<string>} */
export function addressOf(key, subject, load) {
  const before = known.get(key);
  if (before) return before.address;
  const made = { subject, address: load().then((blob) => URL.createObjectURL(blob)) };
  known.set(key, made);
  made.address.catch(() => {
    if (known.get(key) === made) known.delete(key); // asked for again next time
  });
  return made.address;
}

/** Revokes all addresses but those of these subjects. @param {ReadonlySet<string>} subjects */
export function keepAddresses(subjects) {
  for (const [key, { subject, address }] of known) {
    if (subjects.has(subject)) continue;
    known.delete(key);
    address.then(
      (url) => URL.revokeObjectURL(url),
      () => {}, // there was none
    );
  }
}
