"""Device-to-device spread of superparamagnetic junctions: what is drawn once per device.

delta_ij = delta + sigma_delta z_ij and r_p,ij = r_p (1 + sigma_r z'_ij), z and z' standard normal,
for junction i of node j. The thermal field of the card stays, so H_k spreads with the barrier: the
anisotropy differs, not the volume. Dwell times are log-normal then, since ln tau follows delta. The
TMR stays, so both resistances of a junction are off alike.
"""

from __future__ import annotations

from emulator import ConfigError, Stream
from emulator.elementary import normal_quantile

from .smtj import HIGHEST, SmtjParams

Banks = list[list[SmtjParams]]  # [i][j]: junction i of node j


def spread_junctions(
    junction: SmtjParams, sigmas: tuple[float, float], shape: tuple[int, int], seed: int, name: str
) -> Banks:
    """Return the junctions of all nodes, `shape` (per node, nodes).

    `sigmas` are those of the barrier, in k_B T, and of the resistance, relative. z_ij is draw 0 of
    device j of stream 2 i of `name`.spread, z'_ij that of stream 2 i + 1: neither the number of
    nodes nor that of junctions changes what one of them is. Raises `ConfigError` for a barrier
    outside (0, 80] or a resistance that is not positive.
    """
    per_node, nodes = shape
    if not any(sigmas):
        return [[junction] * nodes] * per_node
    part = f"{name}.spread"
    return [
        [
            _apart(junction, sigmas, (z, z_r), f"{name}: junction {i} of node {j}")
            for j, (z, z_r) in enumerate(
                zip(_deviates(seed, part, 2 * i, nodes), _deviates(seed, part, 2 * i + 1, nodes),
                    strict=True)
            )
        ]
        for i in range(per_node)
    ]  # fmt: skip


def _deviates(seed: int, part: str, stream: int, devices: int) -> list[float]:
    """Return a standard normal deviate per device."""
    return [normal_quantile(word) for word in Stream(seed, part, stream, devices).firsts()]


def _apart(
    junction: SmtjParams, sigmas: tuple[float, float], z: tuple[float, float], where: str
) -> SmtjParams:
    """Return a junction that is off by `z` standard deviations."""
    delta = junction.delta + sigmas[0] * z[0]
    if not 0.0 < delta <= HIGHEST:
        raise ConfigError(
            f"{where} has a barrier of {delta:.3g} k_B T, outside (0, {HIGHEST:g}]: lower "
            "spread_delta"
        )
    r_p = junction.r_p * (1.0 + sigmas[1] * z[1])
    if r_p <= 0.0:
        raise ConfigError(f"{where} has r_p = {r_p:.3g} ohm, which is not positive: lower spread_r")
    return junction.model_copy(update={"delta": delta, "r_p": r_p})
