"""Stored images: CIFAR's binary layout, normalisation, augmentation and the order of an epoch."""

from __future__ import annotations

import gzip
import os

import numpy as np
import pytest

from emulator import ConfigError, DataError, Stream
from learning import Augmentation, Epochs, find_files, load_images, load_mnist
from learning.cifar import LAYOUTS, MEAN, STD, read_records

real = pytest.mark.skipif("SPINBOARD_DATA" not in os.environ, reason="needs $SPINBOARD_DATA")


def records(name, n, seed=0):
    """`n` records in the layout of `name`, their labels counting up, and the pixels in them."""
    layout = LAYOUTS[name]
    pixels = np.random.default_rng(seed).integers(0, 256, (n, 3072), dtype=np.uint8)
    labels = np.zeros((n, layout.labels), np.uint8)
    labels[:, -1] = np.arange(n) % layout.classes
    return np.hstack([labels, pixels]).tobytes(), pixels


def write(folder, files, packed=False):
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        path = folder / (f"{file}.gz" if packed else file)
        path.write_bytes(gzip.compress(content, 1) if packed else content)


def write_whole(folder, name):
    """Write a set under the names of its original files: some records, then zeros; return those."""
    layout, found = LAYOUTS[name], {}
    folder.mkdir(parents=True, exist_ok=True)
    for k, (file, n) in enumerate(layout.whole.items()):
        content, found[file] = records(name, 12, k)
        with (folder / file).open("wb") as out:
            out.write(content)
            out.truncate(n * (layout.labels + 3072))
    return found


@pytest.mark.parametrize(("name", "train"), [("cifar10", 50_000), ("cifar100", 50_000)])
def test_the_original_files_hold_the_whole_set(tmp_path, name, train):
    pixels = write_whole(tmp_path / "cifar", name)
    data = load_images(name, tmp_path)
    assert (len(data.x_train), len(data.x_test)) == (train, 10_000)
    each = train // (len(pixels) - 1)
    *files, test = pixels
    for k, file in enumerate(files):
        np.testing.assert_array_equal(data.x_train[k * each : k * each + 12], pixels[file])
    np.testing.assert_array_equal(data.x_test[:12], pixels[test])
    assert not data.x_test[12:].any()


@pytest.mark.parametrize(
    ("name", "file", "whole"),
    [("cifar10", "data_batch_3.bin", 10_000), ("cifar100", "train.bin", 50_000),
     ("cifar100", "test.bin", 10_000)],
)  # fmt: skip
@pytest.mark.parametrize("packed", [True, False])
def test_an_original_file_that_is_cut_between_records_is_refused(
    tmp_path, name, file, whole, packed
):
    path = tmp_path / (f"{file}.gz" if packed else file)
    write(tmp_path, {file: records(name, 7)[0]}, packed)
    with pytest.raises(DataError) as caught:
        read_records(path, LAYOUTS[name])
    part = name.replace("cifar", "cifar-")
    assert str(caught.value) == (
        f"{path}: 7 records, expected {whole} as the original file has; a part of the set belongs "
        f"into {part}-train-subset.bin and {part}-test-subset.bin"
    )


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(("name", "classes"), [("cifar10", 10), ("cifar100", 100)])
def test_a_part_of_a_set_has_any_number(tmp_path, name, classes, packed):
    train, test = LAYOUTS[name].choices[1]
    contents = {file: records(name, 12, k) for k, file in enumerate((*train, *test))}
    write(tmp_path / "cifar", {file: content for file, (content, _) in contents.items()}, packed)
    data = load_images(name, tmp_path)
    assert (data.name, data.classes, data.shape, data.features) == (
        name,
        classes,
        (3, 32, 32),
        3072,
    )
    np.testing.assert_array_equal(data.x_train, np.concatenate([contents[f][1] for f in train]))
    np.testing.assert_array_equal(data.x_test, contents[test[0]][1])
    assert data.y_train.tolist() == [k % classes for k in range(12)] * len(train)
    assert (data.x_train.dtype, data.y_train.dtype) == (np.uint8, np.int64)


def test_the_whole_set_goes_before_the_subset(tmp_path):
    both = [file for choice in LAYOUTS["cifar100"].choices for file in (*choice[0], *choice[1])]
    write(tmp_path / "cifar", {file: records("cifar100", 3)[0] for file in both})
    assert list(find_files("cifar100", tmp_path)) == ["train.bin", "test.bin"]
    (tmp_path / "cifar" / "test.bin").unlink()
    assert next(iter(find_files("cifar100", tmp_path))) == "cifar-100-train-subset.bin"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (records("cifar10", 2)[0][:-1], "train-subset.*: 6145 bytes are no whole records of 3073"),
        (b"", "train-subset.*: 0 bytes are no whole records"),
        (bytes([10]) + bytes(3072), r"train-subset.*: label 10 is outside \[0, 9\]"),
    ],
)
def test_damaged_files_are_refused(tmp_path, content, message):
    files = {"cifar-10-train-subset.bin": content, "cifar-10-test-subset.bin": content}
    write(tmp_path / "cifar", files)
    with pytest.raises(DataError, match=message):
        load_images("cifar10", tmp_path)


def test_missing_files_are_named(tmp_path):
    write(tmp_path / "cifar", {"train.bin": records("cifar100", 3)[0]})
    with pytest.raises(DataError) as caught:
        load_images("cifar100", tmp_path)
    message = str(caught.value)
    assert "put test.bin, or cifar-100-train-subset.bin, cifar-100-test-subset.bin (as" in message
    assert "spinboard data" not in message  # which knows MNIST alone
    with pytest.raises(ConfigError, match=r"'cifar11' is unknown \(did you mean 'cifar10'"):
        load_images("cifar11", tmp_path)


def test_pixels_are_normalised_channel_by_channel(tmp_path):
    content, pixels = records("cifar10", 4)
    files = {"cifar-10-train-subset.bin": content, "cifar-10-test-subset.bin": content}
    write(tmp_path / "cifar", files)
    data = load_images("cifar10", tmp_path)
    rows = data.rows(data.x_test[1:])
    assert (rows.shape, rows.dtype) == ((3, 3072), np.float32)
    colours = pixels[1:].reshape(3, 3, 1024) / 255.0
    wanted = (colours - np.array(MEAN)[:, None]) / np.array(STD)[:, None]
    np.testing.assert_allclose(rows.reshape(3, 3, 1024), wanted, atol=3e-6)


def test_the_first_samples_of_a_set(tmp_path):
    content, pixels = records("cifar10", 6)
    files = {"cifar-10-train-subset.bin": content, "cifar-10-test-subset.bin": content}
    write(tmp_path / "cifar", files)
    data = load_images("cifar10", tmp_path)
    some = data.first(2, 0)
    assert (len(some.x_train), some.y_train.tolist(), len(some.x_test)) == (2, [0, 1], 6)
    np.testing.assert_array_equal(some.x_train, pixels[:2])
    with pytest.raises(ConfigError, match=r"test_samples = 7 is outside \[0, 6\]"):
        data.first(0, 7)


# -- augmentation -------------------------------------------------------------------------------


def by_hand(image, pad, outcome):
    """Crop and flip one image (channels, height, width), pixel by pixel."""
    places = 2 * pad + 1
    down, right = divmod(outcome // 2, places)
    height, width = image.shape[1:]
    found = np.zeros_like(image)
    for row in range(height):
        for column in range(width):
            source = row + down - pad, column + right - pad
            if 0 <= source[0] < height and 0 <= source[1] < width:
                target = width - 1 - column if outcome % 2 else column
                found[:, row, target] = image[:, source[0], source[1]]
    return found


def test_a_crop_and_a_flip_pixel_by_pixel():
    rng, shape = np.random.default_rng(0), (2, 6, 5)
    x = rng.integers(1, 256, (40, 60), dtype=np.uint8)
    chosen = rng.integers(0, 1000, 40)
    found = Augmentation(3, 2, shape).apply(x, 7, chosen, 1000)
    words = Stream(3, "learner.augmentation").words(0, 1000, 7)
    outcomes = [int(w) * 50 >> 32 for w in words[chosen]]
    assert len(set(outcomes)) > 15
    for image, outcome, got in zip(x, outcomes, found, strict=True):
        np.testing.assert_array_equal(got.reshape(shape), by_hand(image.reshape(shape), 2, outcome))


def test_what_happens_to_a_sample_depends_on_seed_epoch_and_number_alone():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (30, 3072), dtype=np.uint8)
    part, chosen = Augmentation(1, 4, (3, 32, 32)), np.arange(30)
    found, kept = part.apply(x, 0, chosen, 30), x.copy()
    np.testing.assert_array_equal(x, kept)
    other = part.apply(x, 1, chosen, 30)
    again = Augmentation(1, 4, (3, 32, 32)).apply(x[[9, 2]], 0, np.array([9, 2]), 30)
    np.testing.assert_array_equal(again, found[[9, 2]])
    assert (other != found).any()
    assert (Augmentation(2, 4, (3, 32, 32)).apply(x, 0, chosen, 30) != found).any()


def test_every_place_and_side_is_equally_likely():
    """A lone pixel tells where a crop went: 162 outcomes, 40,000 draws, 4.5 sigma each."""
    n, image = 40_000, np.zeros((1, 17, 17), np.uint8)
    image[0, 8, 7] = 1  # off the middle, so that both sides differ
    x = np.repeat(image.reshape(1, -1), n, axis=0)
    found = Augmentation(5, 4, (1, 17, 17)).apply(x, 0, np.arange(n), n)
    counts = np.bincount(found.argmax(axis=1), minlength=289).reshape(17, 17)
    assert found.sum() == n  # the pixel never leaves the image
    # unflipped columns 3 .. 11; flipped ones 16 - (3 .. 11) = 5 .. 13: single at the ends
    sides = np.array([1, 1, 2, 2, 2, 2, 2, 2, 2, 1, 1])
    assert counts[4:13, 3:14].sum() == n
    expected = n * np.broadcast_to(sides / 162, (9, 11))
    assert (np.abs(counts[4:13, 3:14] - expected) < 4.5 * np.sqrt(expected)).all()


def test_augmentation_without_a_border_only_flips():
    x = np.arange(64, dtype=np.uint8).reshape(2, 32)[:, :12]
    found = Augmentation(1, 0, (1, 3, 4)).apply(x, 0, np.arange(2), 2)
    for got, image in zip(found.reshape(2, 3, 4), x.reshape(2, 3, 4), strict=True):
        assert (got == image).all() or (got == image[:, ::-1]).all()


def test_bad_augmentations_are_refused():
    with pytest.raises(ConfigError, match=r"pad = -1 is outside \[0, 1000\]"):
        Augmentation(1, -1, (1, 2, 2))
    with pytest.raises(ConfigError, match="3 sample numbers for 2 images"):
        Augmentation(1, 1, (1, 2, 2)).apply(np.zeros((2, 4), np.uint8), 0, np.arange(3), 9)


# -- epochs -------------------------------------------------------------------------------------


def test_an_epoch_shows_every_sample_once_in_an_order_of_its_own():
    epochs = Epochs(3, 16)
    assert epochs.steps(70) == 5
    dealt = [epochs.indices(step, 70) for step in range(10)]
    assert [len(some) for some in dealt] == [16, 16, 16, 16, 6] * 2
    first, second = np.concatenate(dealt[:5]), np.concatenate(dealt[5:])
    assert sorted(first) == sorted(second) == list(range(70))
    assert (first != second).any()
    assert (first != np.arange(70)).any()
    np.testing.assert_array_equal(Epochs(3, 16).indices(7, 70), dealt[7])
    assert (Epochs(4, 16).order(0, 70) != first).any()
    np.testing.assert_array_equal(epochs.order(0, 70), first)


def test_epochs_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="batch = 0"):
        Epochs(1, 0)
    with pytest.raises(ConfigError, match="cannot draw from 0 samples"):
        Epochs(1, 4).indices(0, 0)


# -- the real ones ------------------------------------------------------------------------------


@real
def test_mnist_as_images_is_mnist_as_numbers():
    data, files = load_images("mnist"), find_files("mnist")
    plain = load_mnist(next(iter(files.values())).parent)
    assert (data.shape, data.features, data.classes) == ((1, 28, 28), 784, 10)
    np.testing.assert_array_equal(data.x_test / np.float32(255), plain.x_test)
    np.testing.assert_array_equal(data.y_train, plain.y_train)
    assert round(float(plain.x_train.mean()), 4) == data.mean[0]
    assert round(float(plain.x_train.std()), 4) == data.std[0]
    rows = data.rows(data.x_test)
    np.testing.assert_allclose(rows, (plain.x_test - 0.1307) / 0.3081, atol=1e-6)


@real
@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_is_balanced_and_its_means_are_near_those_used(name):
    """CIFAR-10's channel means; image means vary by 0.13, so those of n images by 0.13/sqrt(n)."""
    data = load_images(name)
    for labels in (data.y_train, data.y_test):
        assert len(set(np.bincount(labels, minlength=data.classes))) == 1
    if name == "cifar10":
        means = data.x_train.reshape(-1, 3, 1024).mean(axis=(0, 2)) / 255.0
        assert np.abs(means - MEAN).max() < 4.5 * 0.13 / np.sqrt(len(data.x_train))
