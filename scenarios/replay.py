"""How often a replayed recording has begun again: the same noise, once more."""

from __future__ import annotations

from devices import RecordedNoise
from emulator import PassNoise

FEW = 3.0  # times per epoch: 2500 s at 40 kHz, as published, begin again twice in one of MNIST


def wraps(noise: PassNoise) -> dict[str, int]:
    """Return the metric `noise_wraps`, nothing for noise that is no recording."""
    return {"noise_wraps": noise.wraps} if isinstance(noise, RecordedNoise) else {}


def wrap_warnings(noise: PassNoise, epochs: int) -> list[str]:
    """Return a sentence if a recording has begun again more than a few times per epoch."""
    if not isinstance(noise, RecordedNoise) or not epochs or noise.wraps <= FEW * epochs:
        return []
    recording = noise.recording
    return [
        f"{recording.name}: {len(recording):,} samples ({len(recording) * recording.dt:g} s) began "
        f"again {noise.wraps / epochs:.3g} times per epoch: the noise repeats itself; record longer"
    ]
