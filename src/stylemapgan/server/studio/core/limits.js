/** Limits the page checks before it asks; the server checks its own. */

/** Bytes of one photo. */
export const LARGEST_UPLOAD = 40_000_000;

/** Pieces in one work. */
export const MOST_PIECES = 16;
