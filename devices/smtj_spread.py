"""Device-to-device spread of superparamagnetic junctions: what is drawn once per device.

delta_ij = delta + sigma z_ij, z_ij standard normal, for junction i of node j. The thermal field of
the card stays, so H_k spreads with the barrier: the anisotropy differs, not the volume. Dwell times
are log-normal then, since ln tau follows delta.
"""

from __future__ import annotations

from emulator import ConfigError, Stream
from emulator.elementary import normal_quantile

from .smtj import HIGHEST, SmtjParams


def spread_junctions(
    junction: SmtjParams, sigma: float, nodes: int, per_node: int, seed: int, name: str
) -> list[list[SmtjParams]]:
    """Return the junctions of all nodes, [i][j] junction i of node j, `sigma` in k_B T.

    z_ij is draw 0 of device j of stream i of `name`.spread: neither the number of nodes nor that
    of junctions changes what one of them is. Raises `ConfigError` for a barrier outside (0, 80].
    """
    if sigma == 0.0:
        return [[junction] * nodes] * per_node
    return [
        [
            _with_barrier(junction, junction.delta + sigma * normal_quantile(word), name, (i, j))
            for j, word in enumerate(Stream(seed, f"{name}.spread", i, nodes).firsts())
        ]
        for i in range(per_node)
    ]


def _with_barrier(
    junction: SmtjParams, delta: float, name: str, place: tuple[int, int]
) -> SmtjParams:
    if not 0.0 < delta <= HIGHEST:
        raise ConfigError(
            f"{name}.spread_delta: junction {place[0]} of node {place[1]} has a barrier of "
            f"{delta:.3g} k_B T, outside (0, {HIGHEST:g}]: lower the spread"
        )
    return junction.model_copy(update={"delta": delta})
