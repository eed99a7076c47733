import base64
import re
from dataclasses import replace

from emulator import Bill, Result
from scenarios.reporting.report import render
from tests.scenarios.html_page import Page
from tests.scenarios.synthetic_results import config, lab_bill, make_result, timeline

EVIL = "<script>alert('x')</script>&\"'"


def page(result: Result) -> Page:
    return Page(render(result, {"learning": b"png1", "timeline": b"png2", "energy": b"png3"}))


def test_the_report_shows_what_the_run_found() -> None:
    text = page(make_result()).text
    for words in ("inpa on lab", "seed 7", "complete", "96.1 %", "94.1 % to 97.5 %", "10.5 µs",
                  "1.31 µJ", "95.1 kHz", "ADC conversion", "56 + 12 cycles at 27 MHz", "lab.opamps",
                  "53 % of the joules rest on given numbers",
                  "the total lies between 716 mJ and 4.37 J", "spinboard run --config config.toml",
                  "1 set for this run", "pulse", config().digest("0.1.0")):  # fmt: skip
        assert words in text
    assert "Warnings" not in text


def test_every_line_of_the_bill_is_in_the_table() -> None:
    result = make_result()
    text = page(result).text
    for line in result.bill.lines:
        assert f"{line.entry.part} {line.entry.name} {line.entry.bank}" in text
        assert line.price.source in text
    assert "2,000,000" in text


def test_nothing_is_loaded_from_elsewhere() -> None:
    html = render(make_result(), {"learning": b"png1"})
    images = [attrs["src"] for tag, attrs in Page(html).tags if tag == "img"]
    assert images == ["data:image/png;base64," + base64.b64encode(b"png1").decode()]
    assert not {tag for tag, _ in Page(html).tags} & {"script", "link", "iframe", "object"}
    assert not re.search(r"https?:|@import|url\(", html)


def test_texts_of_the_user_are_escaped() -> None:
    full = make_result()
    bill = lab_bill(10, 10)
    first = replace(bill.lines[0], entry=replace(bill.lines[0].entry, part=EVIL))
    first = replace(first, price=replace(first.price, source=EVIL))
    evil = replace(
        full, scenario=EVIL, board=EVIL, engine_reason=EVIL, warnings=[EVIL],
        metrics={EVIL: 1.0}, fidelity={EVIL: 1}, bill=Bill(EVIL, (first, *bill.lines[1:])),
        timeline=timeline([(EVIL, 5, "given", EVIL)]), config=config(EVIL),
    )  # fmt: skip
    found = page(evil)
    assert "script" not in {tag for tag, _ in found.tags}
    assert found.text.count(EVIL) >= 10


def test_numbers_set_by_the_user_come_first_and_marked() -> None:
    found = page(make_result())
    rows = [attrs for tag, attrs in found.tags if tag == "tr" and attrs.get("class") == "user"]
    assert len(rows) == 1
    opened = [attrs for tag, attrs in found.tags if tag == "details" and "open" in attrs]
    assert len(opened) == 1
    assert found.text.index("bits 10") < found.text.index("t_settle 0.5 us 0.3 to 1")


def test_an_interrupted_run_with_nothing_in_it_is_reported() -> None:
    full = make_result()
    empty = replace(
        full, status="interrupted", metrics={}, fidelity={}, warnings=["stopped early"],
        bill=Bill("paper", ()), emulated=replace(full.emulated, updates=0, window_ps=0),
        timeline=replace(full.timeline, phases=(), waves={}),
        config=replace(full.config, nodes={}),
    )  # fmt: skip
    text = Page(render(empty, {})).text
    assert "interrupted" in text
    assert "stopped early" in text
    assert "No energy was priced above 0." in text
    assert "No price has a known range." in text
