"""Find near duplicates: pictures that were resized, recompressed or slightly retouched."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Int, UInt8, UInt64

Thumbnails = UInt8[np.ndarray, "pictures 8 9 3"]

LUMA = np.array([299, 587, 114])
"""Weights of red, green and blue in grey, in thousandths (ITU-R BT.601)."""
BITS = 64
NEAR_IN_COLOUR = 4.0
"""Mean difference of two thumbnails, in levels, beyond which pictures are not copies.

The hash alone cannot tell apart flat pictures, or the same pose before the same wall. Copies of
photos of hands at half or double size, or with a JPEG quality of 50, differ by at most 2.5;
different photos with equally near hashes differ by more (measured).
"""


def difference_hashes(thumbnails: Thumbnails) -> UInt64[np.ndarray, "pictures"]:
    """Hash pictures so that near duplicates differ in few of 64 bits.

    Each bit says whether, in a picture of 9x8 grey cells, a cell is darker than its right
    neighbour. Scale, contrast, compression and colour hardly change that.

    Source: Neal Krawetz, "Kind of Like That", The Hacker Factor Blog, 21 January 2013 (dHash).
    """
    grey = thumbnails @ LUMA  # (pictures, 8, 9), in thousandths: integers, so ties are exact
    rises = grey[:, :, 1:] > grey[:, :, :-1]  # (pictures, 8, 8)
    return np.packbits(rises.reshape(-1, BITS), axis=1).view(">u8")[:, 0].astype(np.uint64)


def duplicate_groups(thumbnails: Thumbnails, distance: int) -> list[list[int]]:
    """Find groups of near duplicates; chains of pairs form one group.

    Args:
        thumbnails: Of all pictures.
        distance: Bits in which the hashes of a pair may differ.

    Returns:
        Ascending indices of each group; groups in the order of their first index.
    """
    if not len(thumbnails):
        return []
    rows = thumbnails.reshape(len(thumbnails), -1)
    _, firsts, same_as = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    parents = list(range(len(thumbnails)))
    for index, number in enumerate(same_as.ravel()):  # equal ones are compared once
        _join(parents, index, int(firsts[number]))
    different = np.sort(firsts)
    for left, right in _near_pairs(thumbnails[different], distance):
        for one, other in zip(different[left], different[right], strict=True):
            _join(parents, int(one), int(other))
    return _groups(parents)


def _near_pairs(
    thumbnails: Thumbnails, distance: int
) -> Iterator[tuple[Int[np.ndarray, "pairs"], Int[np.ndarray, "pairs"]]]:
    """Yield pairs with near hashes and colours; some pairs are repeated.

    Hashes that differ in at most `distance` bits agree in one of `distance + 1` bands of bits,
    so only pairs that agree in a band are compared.
    """
    hashes = difference_hashes(thumbnails)
    edges = np.linspace(0, BITS, distance + 2).astype(int)
    for low, high in pairwise(edges):
        band = (hashes << np.uint64(low)) >> np.uint64(BITS - high + low)
        for left, right in _equal_pairs(band):
            differing = (hashes[left] ^ hashes[right])[:, None].view(np.uint8)  # (pairs, 8)
            near = np.unpackbits(differing, axis=1).sum(axis=1) <= distance
            near[near] = _alike(thumbnails, left[near], right[near])
            yield left[near], right[near]


def _equal_pairs(
    keys: UInt64[np.ndarray, "pictures"],
) -> Iterator[tuple[Int[np.ndarray, "pairs"], Int[np.ndarray, "pairs"]]]:
    """Yield all pairs with equal keys: neighbours after sorting, then those two apart, and so on.

    Time grows with the number of pairs; each step yields at most as many pairs as there are keys.
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.arange(len(keys))
    step = 1
    while len(first):
        first = first[first + step < len(keys)]
        first = first[ordered[first] == ordered[first + step]]
        yield order[first], order[first + step]
        step += 1


def _alike(
    thumbnails: Thumbnails, left: Int[np.ndarray, "pairs"], right: Int[np.ndarray, "pairs"]
) -> Bool[np.ndarray, "pairs"]:
    difference = np.abs(thumbnails[left].astype(np.int16) - thumbnails[right])
    return difference.mean(axis=(1, 2, 3)) <= NEAR_IN_COLOUR


def _join(parents: list[int], one: int, other: int) -> None:
    """Merge the groups of two indices; a group is named by its lowest index."""
    one, other = _root(parents, one), _root(parents, other)
    parents[max(one, other)] = min(one, other)


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]  # shortens later searches
        index = parents[index]
    return index


def _groups(parents: list[int]) -> list[list[int]]:
    members: dict[int, list[int]] = {}
    for index in range(len(parents)):
        members.setdefault(_root(parents, index), []).append(index)
    return [group for group in members.values() if len(group) > 1]
