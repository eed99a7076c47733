"""Exponential and Gaussian deviates of random words, with the same bits on every machine.

IEEE additions, multiplications, divisions and square roots only, so no maths library can move a
bit; plain Python and compiled code agree. Gaussians of a million words cost a few milliseconds:
Box and Muller's transform in float32, four deviates per block of four words.

G. E. P. Box and M. E. Muller, Ann. Math. Stat. 29, 610 (1958); the polynomials are those of
S. L. Moshier's Cephes library (logf, sinf, cosf), accurate to 1e-7.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .planes import Planes

Singles = NDArray[np.float32]

_SQRT_HALF = 0.7071067811865476
_LN2 = 0.6931471805599453
_ODD = tuple(1.0 / (2 * k + 1) for k in range(11, -1, -1))
_WORD = 2.0**-32

_F = np.float32
_L0, _L1, _L2 = _F(7.0376836292e-2), _F(-1.1514610310e-1), _F(1.1676998740e-1)
_L3, _L4, _L5 = _F(-1.2420140846e-1), _F(1.4249322787e-1), _F(-1.6668057665e-1)
_L6, _L7, _L8 = _F(2.0000714765e-1), _F(-2.4999993993e-1), _F(3.3333331174e-1)
_S0, _S1, _S2 = _F(-1.9515295891e-4), _F(8.3321608736e-3), _F(-1.6666654611e-1)
_C0, _C1, _C2 = _F(2.443315711809948e-5), _F(-1.388731625493765e-3), _F(4.166664568298827e-2)
_UNIT, _HALF, _ONE, _TWO = _F(_WORD), _F(0.5), _F(1), _F(2)
_STEP, _ROOT, _LN2F = _F(2.0**-23), _F(math.sqrt(2.0)), _F(_LN2)
_ARC, _MIDDLE = _F(math.pi / 4 / 2**29), _F(2**29)
_MANTISSA, _EXPONENT, _BIAS = np.int32(0x7FFFFF), np.int32(23), np.int32(127)
_REST, _SWAP, _TURN = np.uint32(0x3FFFFFFF), np.uint32(1 << 30), np.uint32(1 << 31)


def log(x: float) -> float:
    """Return ln x of a positive number: x = m 2^e, then the series of atanh((m - 1) / (m + 1))."""
    mantissa, exponent = math.frexp(x)
    if mantissa < _SQRT_HALF:
        mantissa *= 2.0
        exponent -= 1
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square, total = s * s, 0.0
    for term in _ODD:
        total = total * square + term
    return 2.0 * s * total + exponent * _LN2


def exponential(word: int) -> float:
    """Return the deviate of Exp(1) that a 32-bit word stands for, between 1.2e-10 and 22.9."""
    return -log((word + 0.5) * _WORD)


def box_muller(
    bits: NDArray[np.int32], angle: NDArray[np.uint32], first: Singles, second: Singles
) -> None:
    """Write two independent deviates, elementwise; `bits` are those of a float32 u in (0, 1]."""
    for at in range(bits.size):
        j = np.uint64(at)
        # -2 ln u, with u = m 2^e and m in [sqrt(1/2), sqrt(2))
        e = _F(np.int32((bits[j] >> _EXPONENT) - _BIAS))
        m = _F(np.int32(bits[j] & _MANTISSA)) * _STEP + _ONE
        above = m > _ROOT
        x = (m * _HALF if above else m) - _ONE
        e = e + _ONE if above else e
        z = x * x
        p = (((_L0 * x + _L1) * x + _L2) * x + _L3) * x + _L4
        p = (((p * x + _L5) * x + _L6) * x + _L7) * x + _L8
        r = np.sqrt(-_TWO * ((x + (x * z * p - _HALF * z)) + e * _LN2F))
        # an angle within +-45 degrees, mirrored and turned by its two upper bits
        word = angle[j]
        y = (_F(np.int32(word & _REST)) - _MIDDLE) * _ARC
        z = y * y
        s = ((_S0 * z + _S1) * z + _S2) * z * y + y
        c = ((_C0 * z + _C1) * z + _C2) * z * z - _HALF * z + _ONE
        swap = (word & _SWAP) != 0
        r = -r if (word & _TURN) != 0 else r
        first[j] = r * (s if swap else c)
        second[j] = r * (c if swap else s)


def gaussians(planes: Planes, uniform: Singles, bits: NDArray[np.int32], out: Singles) -> None:
    """Write standard normal deviates of the words `planes` to `out`; both of shape (4, devices).

    `uniform` (devices,) is room to work in and `bits` the same memory as integers. Words 0 and 1
    make deviates 0 and 1, words 2 and 3 the others. No deviate exceeds 6.8.
    """
    for pair in (0, 2):
        for at in range(uniform.size):
            j = np.uint64(at)
            uniform[j] = (_F(planes[pair, j]) + _HALF) * _UNIT
        box_muller(bits, planes[pair + 1], out[pair], out[pair + 1])
