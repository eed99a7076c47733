"""What a batch teaches: an error per sample and node, from which dW_l = <error_l x_{l-1}^T>.

A lesson rests on what was read of the nodes (`Activity.readings`), and on nothing else of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from emulator import ConfigError, Moments

from .loss import losses, slopes
from .network import Activity, Network, backward
from .params import PerturbationParams


@dataclass(frozen=True)
class Lesson:
    """`errors[l]` (B, n_l); `loss` (B,) and `outputs` (B, k) of the first pass.

    `zero` (B,) is 1 for a sample whose passes read alike: it teaches nothing.
    """

    errors: list[Tensor]
    loss: Tensor
    outputs: Tensor
    zero: Tensor


def backpropagated(
    params: PerturbationParams, network: Network, activity: Activity, targets: Tensor
) -> Lesson:
    """bp: error_l = dL/da_l of one clean pass (S1 eq. 1)."""
    out = activity.sums[-1]
    errors = backward(network, activity, slopes(params.loss, out, targets))
    zero = torch.zeros(out.shape[0], device=out.device)
    return Lesson(errors, losses(params.loss, out, targets), out, zero)


def known_noise(params: PerturbationParams, moments: Moments | None) -> Moments:
    """Return what np knows of its noise; raises `ConfigError` if it cannot learn from that."""
    known = moments or Moments(0.0, 0.0)
    if params.sigma is not None:
        return replace(known, sigma=params.sigma)
    if params.rule == "np" and known.sigma == 0.0:
        what = "of which nothing is known" if moments is None else "which is constant"
        raise ConfigError(f"learner.sigma = auto: np learns from no noise {what}")
    return known


def perturbed(
    params: PerturbationParams, activity: Activity, targets: Tensor, noise: Tensor, known: Moments
) -> Lesson:
    """np: error_l = sigma^-2 dL eps_l, dL = L(noisy) - L(clean) (S1 eq. 3).

    Pass 2 had the `noise` (B, nodes), which has to be known; eps is its deviation from its mean.
    Pass 1 is the clean one: it had that mean at every node, an offset that perturbs nothing.
    """
    clean, noisy = activity.readings[-1].chunk(2)
    loss = losses(params.loss, clean, targets)
    factor = (losses(params.loss, noisy, targets) - loss) / known.sigma**2
    widths = [total.shape[1] for total in activity.sums]
    errors = [factor[:, None] * eps for eps in torch.split(noise - known.mean, widths, dim=1)]
    return Lesson(errors, loss, clean, (clean == noisy).all(dim=1).to(torch.float32))


def compared(params: PerturbationParams, activity: Activity, targets: Tensor) -> Lesson:
    """anp, danp: error_l = N dL da_l / |da|^2 (S1 eq. 4), dL = L(pass 1) - L(pass 2).

    da is the difference of the two passes' pre-activations over all N nodes. Telegraph noise may
    leave two passes alike, da = 0: the published program then divides 0 by 0 and is lost; here the
    sample counts as teaching nothing.
    """
    pairs = [reading.chunk(2) for reading in activity.readings]
    first, second = (losses(params.loss, out, targets) for out in pairs[-1])
    differences = [one - two for one, two in pairs]
    power = torch.stack([torch.linalg.vecdot(da, da) for da in differences]).sum(dim=0)
    zero = power == 0
    nodes = sum(da.shape[1] for da in differences)
    factor = nodes * (first - second) / power.masked_fill(zero, torch.inf)
    errors = [da.mul_(factor[:, None]) for da in differences]
    return Lesson(errors, first, pairs[-1][0], zero.to(torch.float32))


def hidden(activity: Activity, zero: Tensor) -> Tensor:
    """Return 1 for a sample of `zero` (B,) whose passes did differ, at nodes that read alike."""
    pairs = [total.chunk(2) for total in activity.sums]
    differ = torch.stack([(one != two).any(dim=1) for one, two in pairs]).any(dim=0)
    return zero * differ
