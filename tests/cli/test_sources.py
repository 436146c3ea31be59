"""Tests of ``popest sources`` and ``popest new``: what is on file, and a study of one's own."""

import json
import re
from pathlib import Path

import popest
from popest.study.specification.learned import learned_row


def test_the_list_has_a_line_for_each_source(command) -> None:
    code, out, err = command("sources", "list")
    study = popest.load_study("serbia")
    assert (code, err.splitlines()) == (0, [f"Warning: {text}" for text in study.warnings])
    lines = out.splitlines()
    assert lines[0] == f"serbia: {study.specification.title}"
    sources = {
        line.split()[0]: line.split() for line in lines[3 : 3 + len(study.specification.source)]
    }
    assert list(sources) == list(study.specification.source)
    used = sum(row.source == "companies" for row in study.used)
    on_file = sum(row.source == "companies" for row in study.observations)
    assert sources["companies"][1:4] == ["arrivals", str(used), str(on_file)]
    assert sources["arrival_survey"][1:5] == ["shares", "survey", "survey", "2024-05"]
    assert "figures on file belong to no source of the model." in out
    others = [name for name in popest.list_studies() if name != "serbia"]
    assert f"Other studies: {', '.join(others)}." in out and "serbia-report-2024" in others


def test_the_list_as_of_a_day_counts_what_was_known_and_warns_beside_it(command) -> None:
    code, out, err = command("sources", "list", "serbia-report-2024", "--as-of", "2023-01-31")
    assert code == 0
    assert "Warning: " in err and "companies" in err and "Warning" not in out
    line = next(line for line in out.splitlines() if line.startswith("companies"))
    assert line.split()[2] == "0"


def test_a_source_is_shown_with_its_beliefs_and_figures(command) -> None:
    code, out, err = command("sources", "show", "residence_permits")
    assert (code, err) == (0, "")
    assert out.startswith("residence_permits: Temporary residence permits in force\n")
    study = popest.load_study("serbia")
    rows = [row for row in study.observations if row.source == "residence_permits"]
    states = {
        line.split()[0]: line.endswith("  used") for line in out.splitlines() if "used" in line
    }
    assert {row.id: row in study.used for row in rows}.items() <= states.items()
    assert "Ratio, counts per unit of exposure: 0.9, between 0." in out
    assert "Baseline, counts that are not of the target: 3,000" in out
    assert "group status (correlation 0.4)" in out


def test_a_source_of_papers_says_when_it_counts_and_why(command, tmp_path: Path) -> None:
    folder = popest.write_template(tmp_path / "mine")
    text = (folder / "study.toml").read_text()
    keys = """lag_months = 2
every_months = [{ from = "2022-03", months = 12 }, { from = "2023-08", months = 24 }]
renewed = 0.8
later = { median = 0.1, sigma = 0.5, because = "Two years of the register." }
because = "The act on foreigners."
"""
    (folder / "study.toml").write_text(re.sub("(?m)^lag_months = 2.*\n", keys, text))
    _, out, _ = command("sources", "show", "first_permits", str(folder))
    said = " ".join(out.split())
    for sentence in (
        "Counts follow arrivals by 2 months on average; nobody is taken to leave in between",
        "by the month in which they were issued: 12 from 2022-03 on and 24 from 2023-08 on.",
        "Of those who are still there when theirs lapses, 80 % are issued another.",
        "For every 100 counts at arrival some 10 more come in each year that the persons stay",
        "The act on foreigners. Two years of the register.",
    ):
        assert sentence in said
    stock = text.replace('measure = "stock"', 'measure = "stock"\nevery_months = 12', 1)
    (folder / "study.toml").write_text(stock)
    _, out, _ = command("sources", "show", "residents", str(folder))
    said = " ".join(out.split())
    assert (
        "for every 100 papers that would be in force if all who arrive took one out, some" in said
    )
    assert "A paper lapses 12 months after it was issued." in said


def test_a_learned_ratio_is_shown_with_its_pairs_and_factors(command) -> None:
    code, out, err = command("sources", "show", "census", "serbia-learned")
    assert (code, err) == (0, "")
    text = " ".join(out.split())
    study = popest.load_study("serbia-learned")
    ratio = study.specification.source["census"].ratio
    row = learned_row(ratio, study.ratios_text)
    assert f"Ratio, counts per unit of exposure: {ratio.median:.3g}, between" in text
    assert (
        f"Learned from places where the truth is known, type {row.name} (pairs: {row.n_pairs}, "
        f"blocks: {row.n_blocks}, countries: {row.n_countries}): {row.median:.3g}, between "
        f"{row.lower:.3g} and {row.upper:.3g}. It counts by the definition twelve_months: "
    ) in text
    factors = [line for line in out.splitlines() if line.startswith("Times ")]
    assert len(factors) == len(ratio.times) == 1
    assert factors[0].startswith("Times ethnicity for citizenship: 0.8, between 0.65 and 0.985")
    for factor in ratio.times:
        assert " ".join(factor.because.split()) in text


def test_a_ratio_learned_without_a_country_says_so(command) -> None:
    out = command("sources", "show", "residence_permits", "serbia-learned").out
    assert "; without Serbia): " in " ".join(out.split())
    assert "after a wave began" not in out and "\nTimes " not in out
    assert "Learned from" not in command("sources", "show", "census").out


def test_numbers_issued_say_at_which_months_they_are_taken(command, tmp_path: Path) -> None:
    command("new", "mine")
    path = tmp_path / "mine" / "study.toml"
    text = path.read_text(encoding="utf-8")
    own = next(line for line in text.splitlines() if line.startswith("ratio = {"))
    learned = (
        'ratio = { learned = "cumulative_issued.wave", definition = "stay", months = 6, '
        'because = "issued" }'
    )
    path.write_text(text.replace(own, learned, 1), encoding="utf-8")
    study = popest.load_study(str(path.parent))
    (name,) = [n for n, s in study.specification.source.items() if s.ratio and s.ratio.learned]
    out = " ".join(command("sources", "show", name, "mine").out.split())
    assert ", 12 months after a wave began; taken at 6 months." in out


def test_addresses_stay_whole_and_other_lines_short(command) -> None:
    out = command("sources", "show", "expert_totals").out
    long = [line for line in out.splitlines() if len(line) > 88]
    assert all(line.split()[-1].startswith("http") for line in long)


def test_a_source_of_figures_that_no_model_uses_can_be_shown(command) -> None:
    code, out, err = command("sources", "show", "expert_totals")
    assert (code, err) == (0, "")
    assert out.startswith("expert_totals: figures on file that no source of the model uses\n")
    assert "  used\n" not in out and out.count("not used") >= 3


def test_a_survey_and_a_balance_show_what_they_declare(command) -> None:
    survey = " ".join(command("sources", "show", "arrival_survey").out.split())
    assert (
        "Asked in 2024-05, 222 answers, design effect 3. Arrived 2022-02 to 2022-08: 38 %,"
        in survey
    )
    balance = " ".join(command("sources", "show", "border_balance").out.split())
    assert "Bias: 5,000 (7,000) persons; error of each figure 4,000 persons." in balance


def test_a_sound_study_passes_its_check(command) -> None:
    code, out, err = command("sources", "check", "serbia-report-2024")
    assert (code, err) == (0, "")
    assert out == (
        "serbia-report-2024: no problems. 4 figures on file, 4 used, 5 sources, 5 variants.\n"
    )


def test_a_new_study_can_be_checked_listed_and_estimated(command, tmp_path: Path) -> None:
    code, out, err = command("new", "studies/mine")
    assert (code, err) == (0, "")
    assert out.startswith("Wrote studies/mine: ")
    assert sorted(path.name for path in (tmp_path / "studies").iterdir()) == ["mine"]
    asked = [line.split() for line in out.splitlines() if line.startswith("  popest ")]
    assert [line[1] for line in asked] == ["sources", "estimate"]
    for line in asked:
        assert command(*line[1:])[::2] == (0, "")
    listed = command("sources", "list", "studies/mine").out
    assert listed.startswith("mine: ") and "1 more figure on file belongs to no source" in listed
    result = command("estimate", "studies/mine", "--json", "--variants")
    assert json.loads(result.out)["study"] == "mine" and result.err == ""


def test_a_new_study_does_not_replace_anything(command, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file").touch()
    for name in ("mine", "file", "file/mine"):
        code, out, err = command("new", name)
        assert (code, out) == (2, "") and err.startswith("Error: ")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "mine", "notes.txt"]


def test_a_study_from_elsewhere_cannot_write_to_the_terminal(command, tmp_path: Path) -> None:
    command("new", "mine")
    path = tmp_path / "mine" / "study.toml"
    plain = path.read_text(encoding="utf-8")
    for title, producer, expected in (
        ("\\u001b[2J\\u202e", "\\u001b]0;x\\u0007", 3),  # control characters are refused
        ("\\u202e", "\\u2066\\u200b", 0),  # what turns or hides text is shown as what it is
    ):
        text = plain.replace('title = "New residents', f'title = "{title}New residents', 1)
        text = text.replace('producer = "Ministry', f'producer = "{producer}Ministry', 1)
        path.write_text(text, encoding="utf-8")
        for arguments in (
            ("sources", "list", "mine"),
            ("sources", "show", "residents", "mine"),
            ("estimate", "mine", "--draws", "1000"),
        ):
            code, out, err = command(*arguments)
            assert code == expected and (out + err).isprintable() is False
            assert not set("\x1b\x07\u202e\u2066\u200b") & set(out + err)
