"""How far a count departs from its law, also where few events are expected."""

from __future__ import annotations

from scipy.special import betainc, ndtri


def departure(count: int, trials: int, share: float, error: float) -> float:
    """Return the departure of `count` of `trials` from the law `share`, in standard deviations.

    It is the deviation of a normal number whose two-sided tail is that of the binomial count: for
    many events the usual one, for few the exact. Trials that depend on each other count as fewer,

        n = share (1 - share) / error^2,

    `error` being the standard error of the observed share (L. Kish 1965: the design effect), never
    as more. Infinite for what the law excludes.
    """
    alone = share * (1.0 - share) / trials
    effect = max(1.0, error**2 / alone) if alone > 0.0 else 1.0
    k, n = count / effect, trials / effect
    at_least = betainc(k, n - k + 1.0, share) if count else 1.0
    at_most = betainc(n - k, k + 1.0, 1.0 - share) if count < trials else 1.0
    return max(0.0, -float(ndtri(min(at_least, at_most))))
