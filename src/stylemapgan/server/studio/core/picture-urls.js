/**
 * Object URLs of pictures, for `<img>`. Each keeps its picture in memory until it is revoked, so
 * URLs of pictures that the page can no longer show are revoked, once they have loaded.
 */

/** @typedef {{subject: string, url: Promise<string>}} Entry */

/** @type {Map<string, Entry>} */
const entries = new Map();
/** How many images are loading each URL. @type {Map<string, number>} */
const loading = new Map();
/** URLs to revoke when they have loaded. @type {Set<string>} */
const unwanted = new Set();

/** The subject of a sample picture. @param {string} model @param {string} sample */
export const sampleSubject = (model, sample) => `sample ${sample} of ${model}`;

/** The subject of a file that is not uploaded yet. @param {string} key of a picture on the shelf */
export const uploadSubject = (key) => `upload ${key}`;

/** The URL of a picture, created at the first call.
 * @param {string} key names the picture @param {string} subject what it shows
 * @param {() => Promise<Blob>} load @returns {Promise<string>} */
export function urlOf(key, subject, load) {
  const existing = entries.get(key);
  if (existing) return existing.url;
  const entry = { subject, url: load().then((blob) => URL.createObjectURL(blob)) };
  entries.set(key, entry);
  entry.url.catch(() => {
    if (entries.get(key) === entry) entries.delete(key); // the next call tries again
  });
  return entry.url;
}

/** Revokes all URLs but those of these subjects. @param {ReadonlySet<string>} subjects */
export function keepUrls(subjects) {
  for (const [key, { subject, url }] of entries) {
    if (subjects.has(subject)) continue;
    entries.delete(key);
    url.then(
      (address) => revoke(address),
      () => {}, // never created
    );
  }
}

/** Loads a picture into an image; its URL stays valid until then.
 * @param {HTMLImageElement} image @param {Promise<string>} address
 * @throws the error of the address, or an EncodingError if the picture is damaged */
export async function loadInto(image, address) {
  const url = await address;
  loading.set(url, (loading.get(url) ?? 0) + 1);
  image.src = url;
  try {
    await image.decode();
  } finally {
    const others = (loading.get(url) ?? 1) - 1;
    if (others) loading.set(url, others);
    else loading.delete(url);
    if (unwanted.has(url)) revoke(url);
  }
}

/** @param {string} url */
function revoke(url) {
  if (loading.has(url)) {
    unwanted.add(url);
    return;
  }
  unwanted.delete(url);
  URL.revokeObjectURL(url);
}
