"""The blocks of README.md and docs/*.md are run as they are printed, page by page.

On one page, in a directory of its own: a `toml` block whose first line is `# NAME.toml` is saved
under that name; `python` blocks run in order in one namespace; in `console` blocks every line
`$ spinboard ...` is run, and must end with 0 or with the code of a trailing `# exit N`. A bare
`spinboard ...` in an `sh` block is a command for users: its runs are shortened here. Commands that
download a data set, or need one that was downloaded, are left out.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = {
    "console": re.compile(r"^\$ (?:\.venv/bin/)?spinboard (.*)$", re.MULTILINE),
    "sh": re.compile(r"^(?:\$ )?(?:\.venv/bin/)?spinboard (.*)$", re.MULTILINE),
}
SHORTER = ["learner.steps=2", "test_samples=10", "draws=2", "--quiet"]
EXIT = re.compile(r"#\s*exit (\d+)\s*$")
NEEDS_DOWNLOAD = re.compile(r"^data |-(?:mnist|cifar10|cifar100|interval|robustness)\b")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(#[^)\s]*)?\)")
IMAGE_LIMIT = 80 * 1024


def blocks(page: Path, *languages: str) -> Iterator[tuple[int, str]]:
    """Yield (line of its first line, text) of each fenced block in one of `languages`."""
    text = page.read_text()
    for match in FENCE.finditer(text):
        if match[1] in languages:
            yield text.count("\n", 0, match.start(2)) + 1, match[2]


def commands(page: Path) -> list[tuple[list[str], int]]:
    """Return (arguments, expected exit code) of each command that can be run here."""
    found = []
    for language, pattern in COMMANDS.items():
        for _, text in blocks(page, language):
            for match in pattern.finditer(text.replace("\\\n", " ")):
                line = match[1]
                if NEEDS_DOWNLOAD.search(line):
                    continue
                code = EXIT.search(line)
                arguments = shlex.split(line, comments=True)
                if language == "sh" and arguments[0] == "run":
                    arguments += SHORTER
                found.append((arguments, int(code[1]) if code else 0))
    return found


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def having(*languages: str) -> list[Path]:
    return [page for page in PAGES if any(blocks(page, *languages))]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPINBOARD_DATA", raising=False)
    return tmp_path


def save_toml(page: Path, place: Path) -> None:
    for _, text in blocks(page, "toml"):
        head = re.match(r"# (\S+\.toml)\n", text)
        if head:
            (place / head[1]).write_text(text)


@pytest.mark.parametrize("page", having("python"), ids=name_of)
def test_python_blocks_run(page: Path, place: Path) -> None:
    save_toml(page, place)
    names: dict[str, object] = {"__name__": "docs"}
    for line, text in blocks(page, "python"):
        padded = "\n" * (line - 1) + text  # so that a traceback names the line of the page
        exec(compile(padded, str(page), "exec", dont_inherit=True), names)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=name_of)
def test_commands_run(page: Path, place: Path) -> None:
    save_toml(page, place)
    program = Path(sys.executable).parent / "spinboard"
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for arguments, code in commands(page):
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, check=False,
            env={**os.environ, **quiet},
        )  # fmt: skip
        assert done.returncode == code, f"spinboard {shlex.join(arguments)}\n{done.stderr}"
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for match in LINK.finditer(page.read_text()):
        target = (page.parent / match[1]).resolve()
        assert target.exists(), f"{name_of(page)} links to {match[1]}"


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = (DOCS / "README.md").read_text()
    missing = [
        p.name for p in DOCS.glob("*.md") if p.name != "README.md" and p.name not in contents
    ]
    assert missing == []


@pytest.mark.parametrize("image", sorted(DOCS.rglob("*.png")), ids=name_of)
def test_images_are_small_and_used(image: Path) -> None:
    assert image.stat().st_size <= IMAGE_LIMIT
    assert any(f"images/{image.name}" in page.read_text() for page in PAGES)
