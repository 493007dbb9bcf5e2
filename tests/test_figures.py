"""The figures in the documentation are those of `docs/figures/*.json`, and say on what machine they were measured."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tiercel.bench.figures import document, picture, tables
from tiercel.bench.figures.blocks import PAGES, filled, made
from tiercel.errors import TiercelError

ROOT = Path(__file__).parent.parent
REPORT: dict[str, Any] = {
    "tiercel": "1.2.3",
    "date": "2026-11-24T10:00:00+00:00",
    "machine": {"processor": "Abacus", "cores": 2, "system": "Linux"},
    "rounds": 5,
    "rows": [
        {
            "id": "P3",
            "quantity": "CPU a request",
            "unit": "us",
            "target": 75,
            "values": {
                "tiercel asgi": {"median": 81.84, "least": 72, "most": 92},
                "tiercel rsgi": {"median": 74},
                "litellm": {"median": 11_118.2, "least": 9_000, "most": 12_000},
            },
        },
        {
            "id": "P4",
            "quantity": "added p50",
            "unit": "us",
            "target": None,
            "values": {"direct": {"median": 18}, "nginx": {"median": 100}},
            "is_added": True,
        },
        {
            "id": "P8 worker",
            "quantity": "memory",
            "unit": "MB",
            "target": None,
            "values": {"tiercel asgi": {"median": 71}, "nginx": {"median": 8}},
        },
    ],
    "not_found": [{"peer": "bifrost", "install": "go install bifrost"}],
}


def written(folder, report):
    path = folder / "report.json"
    path.write_text(json.dumps(report))
    return path


def read(folder, **changed):
    return document.read(written(folder, REPORT | changed))


def test_pages_and_pictures_are_what_make_figures_writes():
    for path, content in made(ROOT).items():
        assert path.read_bytes() == content.encode(), f"{path.name} was changed by hand, or needs `make figures`"


def test_every_figure_has_its_machine_beside_it():
    machines = {document.where(document.load(path), path.name) for path in (ROOT / "docs" / "figures").glob("*.json")}
    for name in PAGES:
        blocks = re.findall(r"(?s)<!-- figures: .*?<!-- end of figures -->", (ROOT / name).read_text())

        assert blocks
        for block in blocks:
            assert any(machine in block for machine in machines), block.splitlines()[0]


def test_the_tables_say_what_the_report_does(tmp_path):
    found = read(tmp_path)
    caption = "Abacus, 2 cores, Linux, Tiercel 1.2.3, 2026-11-24"

    assert list(tables.short(found)) == [
        "|  | Tiercel ASGI | Tiercel RSGI | LiteLLM | nginx |",
        "|---|---|---|---|---|",
        "| CPU a request, us | 81.8 | 74 | 11,118 |  |",
        "| added p50, us |  |  |  | 100 |",
        "| memory, MB | 71 |  |  | 8 |",
        "",
        f"Medians of 5 rounds. {caption}.",
    ]
    full = "\n".join(tables.full(found))
    assert "| P3: CPU a request, us | 81.8 (72 to 92) | 74 | 11,118 (9,000 to 12,000) |  |" in full
    assert caption in full
    assert "- added p50: without a gateway it is 18 us in all." in full
    assert full.endswith("- Bifrost was not found; to have it: go install bifrost.")


VALUES = {name: {"median": 80} for name in ("tiercel asgi", "tiercel rsgi")}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "| <= 75 | 80 ASGI, 80 RSGI | **missed** |", id="both miss it"),
        pytest.param({"target": 80}, "| <= 80 | 80 ASGI, 80 RSGI | met |", id="just met"),
        pytest.param(
            {"values": VALUES | {"tiercel rsgi": {"median": 70}}},
            "| <= 75 | 80 ASGI, 70 RSGI | **missed** by ASGI |",
            id="one misses it",
        ),
        pytest.param(
            {"reach": ">= 1.8", "met": {"tiercel": True}, "values": {"tiercel": {"median": 1.9}}},
            "| >= 1.8 | 1.9 | met |",
            id="what the report says is taken",
        ),
        pytest.param(
            {"target": None, "reach": "<= 1 x bifrost", "met": dict.fromkeys(VALUES)},
            "| <= 1 x Bifrost | 80 ASGI, 80 RSGI | Bifrost was not measured |",
            id="beside a peer that is not here",
        ),
        pytest.param({"values": {"nginx": {"median": 1}}}, "| <= 75 |  | not measured |", id="not ours"),
    ],
)
def test_targets_are_met_or_missed(tmp_path, changed, expected):
    row = {"id": "P3", "quantity": "CPU", "unit": "us", "target": 75, "values": VALUES} | changed

    assert f"| P3: CPU, us {expected}" in list(tables.targets(read(tmp_path, rows=[row])))


def test_rows_without_a_contender_in_common_have_tables_of_their_own(tmp_path):
    row = {"id": "P1", "quantity": "open", "unit": "us", "target": 11, "values": {"tiercel": {"median": 8}}}
    full = list(tables.full(read(tmp_path, rows=[row, *REPORT["rows"]])))

    assert full[:3] == ["|  | Tiercel |", "|---|---|", "| P1: open, us | 8 |"]
    assert "|  | Tiercel ASGI | Tiercel RSGI | LiteLLM | nginx |" in full


def test_bars_are_as_long_as_their_figures_or_visibly_cut(tmp_path):
    drawn = ET.fromstring(picture.draw(read(tmp_path)))
    bars = [float(bar.attrib["width"]) for bar in drawn.iterfind(".//{*}g/{*}rect")]

    assert bars[0] / bars[1] == pytest.approx(74 / 81.84, abs=0.001)
    assert bars[1] == bars[2]
    assert len(drawn.findall(".//{*}path[@class='break']")) == 1
    assert "11,118" in [text.text for text in drawn.iterfind(".//{*}text")]


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        pytest.param(REPORT | {"machine": {}}, "`machine` must have the `processor` and `system`", id="no machine"),
        pytest.param([], "`machine` must have the `processor` and `system`", id="a list"),
        pytest.param(
            REPORT | {"rows": [{"id": "P3"}]}, "no report of `tiercel bench --json`: KeyError", id="no values"
        ),
        pytest.param({**REPORT, "rounds": "many"}, "no report of `tiercel bench --json`: ValueError", id="no number"),
    ],
)
def test_a_report_that_is_wrong_is_refused(tmp_path, report, expected):
    path = written(tmp_path, report)

    with pytest.raises(TiercelError, match=re.escape(f"{path}: ")) as raised:
        document.read(path)
    assert expected in str(raised.value)


def test_a_report_that_is_not_there_or_no_json_is_named(tmp_path):
    with pytest.raises(TiercelError, match=r"cannot read .*none\.json: no such file or directory"):
        document.read(tmp_path / "none.json")
    (tmp_path / "half.json").write_text("{")
    with pytest.raises(TiercelError, match=r"half\.json is no JSON"):
        document.read(tmp_path / "half.json")


def test_only_what_is_between_marks_is_written():
    page = "a\n<!-- figures: x -->\nold\n<!-- end of figures -->\nb <!-- a note -->\n"
    once = filled(page, {"x": r"new \1"}, "page")

    assert once == "a\n<!-- figures: x -->\n\nnew \\1\n\n<!-- end of figures -->\nb <!-- a note -->\n"
    assert filled(once, {"x": r"new \1"}, "page") == once


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param("<!-- figures: y -->\n<!-- end of figures -->", "page: there are no figures 'y'", id="not known"),
        pytest.param("<!-- figures: x -->\n", "page: what begins with", id="no end"),
        pytest.param("<!-- end of figures -->\n", "page: what begins with", id="no beginning"),
        pytest.param(
            "<!-- figures: x -->\n<!-- figures: x -->\n<!-- end of figures -->", "page: what begins", id="two in one"
        ),
    ],
)
def test_marks_that_are_wrong_are_refused(page, expected):
    with pytest.raises(TiercelError, match=re.escape(expected)):
        filled(page, {"x": ""}, "page")
