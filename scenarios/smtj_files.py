"""What a study of telegraph noise leaves for others: the recording, and cards of what it told."""

from __future__ import annotations

import io

import numpy as np

from devices import Recording, card_text, hmm_card, smtj_card
from emulator import Config, DataError

from .catalog import shelf
from .smtj_bench import watched
from .smtj_bias import Bias

KEPT = 4_000_000  # samples of a recording in a run directory: 100 s at 40 kHz, about 30 MB
TEXT = 100_000  # samples of a recording that is written as CSV too: 2.5 s at 40 kHz


def cards(config: Config, bias: Bias) -> tuple[dict[str, str], list[str]]:
    """Return `hmm.toml` and `smtj.toml` by file name, and why one of them is missing."""
    hmm = hmm_card(shelf().load("hmm", None, "noise"), bias.fit)
    found, (noise, _) = {"hmm.toml": card_text(hmm)}, watched(config)
    card = config.node("noise").children["junction"].card
    if noise.levels == "plain" and bias.field_mt is not None:
        return found, ["no smtj.toml: noise.levels = plain are no voltages of a divider"]
    try:
        junction = smtj_card(card, bias.fit, noise.v_supply, noise.r_series)
    except DataError as error:
        return found, [f"no smtj.toml: {error}; noise.v_supply and noise.r_series are the divider"]
    return found | {"smtj.toml": card_text(junction)}, []


def recording(bias: Bias) -> tuple[dict[str, str | bytes], list[str]]:
    """Return `recording.parquet`, and `recording.csv` if it is short; and what was cut off."""
    kept = Recording(bias.beginning(KEPT), bias.rate, bias.name)
    found: dict[str, str | bytes] = {"recording.parquet": _parquet(kept)}
    if len(kept) <= TEXT:
        found["recording.csv"] = _csv(kept)
    if len(kept) == bias.samples:
        return found, []
    return found, [
        f"recording.parquet holds the first {len(kept) * kept.dt:g} s ({len(kept):,} samples, the "
        f"limit) of the {bias.samples * kept.dt:g} s that were measured at {bias.name}"
    ]


def _parquet(kept: Recording) -> bytes:
    import pyarrow as pa  # noqa: PLC0415  (a slow import that `--help` must not pay)
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pa.table({"t_s": np.arange(len(kept)) * kept.dt, "v": kept.v})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, use_dictionary=False, compression="zstd",
                   column_encoding=dict.fromkeys(("t_s", "v"), "BYTE_STREAM_SPLIT"))  # fmt: skip
    return bytes(sink.getvalue())


def _csv(kept: Recording) -> str:
    sink = io.StringIO("t_s,v\n")
    sink.seek(0, io.SEEK_END)
    for k, v in enumerate(kept.v.tolist()):
        sink.write(f"{k * kept.dt!r},{v!r}\n")
    return sink.getvalue()
