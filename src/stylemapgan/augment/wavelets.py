"""Low-pass filters of orthogonal wavelets.

Shifted by any even number of taps, each is orthogonal to itself; so what is enlarged with one
and shrunk with it again comes back unchanged.

Source: Daubechies, "Ten Lectures on Wavelets", 1992, tables 6.1 and 8.3.
"""

import math

SYM2 = (
    (1 + math.sqrt(3)) / (4 * math.sqrt(2)),
    (3 + math.sqrt(3)) / (4 * math.sqrt(2)),
    (3 - math.sqrt(3)) / (4 * math.sqrt(2)),
    (1 - math.sqrt(3)) / (4 * math.sqrt(2)),
)
"""Two vanishing moments; equal to Daubechies' own wavelet of that length."""
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
"""Six vanishing moments, as near to symmetric as they allow."""
