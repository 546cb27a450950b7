"""Spherical k-means: groups of vectors that point the same way, however long they are.

Ordinary k-means puts a centre at the mean of its vectors and goes by distance. Here vectors and
centres have length 1, and a vector belongs to the centre that it has the largest cosine with. A
centre is the direction of the sum of its vectors, which has the largest sum of cosines with them.

Source: Dhillon and Modha, "Concept Decompositions for Large Sparse Text Data Using Clustering",
Machine Learning 42, 2001; first centres as in k-means++, Arthur and Vassilvitskii, 2007.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

Vectors = Float[Tensor, "vectors length"]
Centres = Float[Tensor, "centres length"]
MOST_ROUNDS = 100


def spherical_k_means(vectors: Vectors, count: int, randomness: torch.Generator) -> Centres:
    """Find the centres of groups of vectors.

    Args:
        vectors: Of any length; at least as many as centres.
        count: How many centres.
        randomness: For the first centres; on the CPU.

    Returns:
        Centres of length 1.
    """
    unit = F.normalize(vectors)
    return moved(unit, first_centres(unit, count, randomness))


def nearest(vectors: Vectors, centres: Centres) -> Int64[Tensor, " vectors"]:
    """Number the centre that each vector has the largest cosine with."""
    return (vectors @ centres.T).argmax(dim=1)


def first_centres(unit: Vectors, count: int, randomness: torch.Generator) -> Centres:
    """Draw vectors as centres, each with a probability that grows away from those before it.

    The probability is proportional to 1 - cosine with the nearest centre, half the squared
    distance of vectors of length 1.
    """
    apart = torch.ones(len(unit))
    chosen = []
    for _ in range(count):
        row = int(torch.multinomial(apart, 1, generator=randomness))
        chosen.append(row)
        cosine = (unit @ unit[row]).float().cpu()
        apart = apart.minimum((1 - cosine).clamp(min=torch.finfo(torch.float32).tiny))
    return unit[chosen]


def moved(unit: Vectors, centres: Centres) -> Centres:
    """Move centres until vectors stay where they are, or for 100 rounds.

    A centre that loses all its vectors stays.
    """
    numbers = nearest(unit, centres)
    for _ in range(MOST_ROUNDS):
        members = F.one_hot(numbers, len(centres)).to(unit)
        sums = members.T @ unit
        centres = torch.where(members.any(dim=0)[:, None], F.normalize(sums), centres)
        before, numbers = numbers, nearest(unit, centres)
        if torch.equal(before, numbers):
            break
    return centres
