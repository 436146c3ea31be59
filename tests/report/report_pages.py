"""Reports of many studies, each computed once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

import hostile_texts
import odd_studies
from html_page import Element, parse

import popest
from popest.engines.background import BackgroundTask
from popest.language.catalogue import languages
from popest.report import contents
from popest.report.contents import Contents, gather
from popest.report.language import Texts
from popest.report.page import render
from popest.study import Study

SHIPPED = ("serbia", "serbia-report-2024")


class Pages:
    """Reports of studies by name, each computed once and rendered in each language once."""

    def __init__(self, folder: Path) -> None:
        self.texts = {language: Texts(language) for language in languages()}
        self.contents: Callable[[str], Contents] = cache(self._contents)
        self.html: Callable[[str, str], str] = cache(self._html)
        self.tree: Callable[[str, str], Element] = cache(lambda *page: parse(self.html(*page)))
        self.estimate: Callable[[str], popest.Estimate] = cache(self._estimate)
        self._folder = folder
        self._given: dict[str, Study] = {}

    def study(self, name: str) -> Study:
        """A shipped study, that of the template, one with hostile texts, an odd or a given one."""
        if name in self._given:
            return self._given[name]
        if name in popest.list_studies():
            return popest.load_study(name)
        if name == "template":
            return odd_studies.template(self._folder)
        if name == "hostile":
            return hostile_texts.study()
        return odd_studies.STUDIES[name]()

    def name(self, study: Study) -> str:
        """The name under which the pages of a study are asked for, whatever study it is."""
        for name in ("hostile", *odd_studies.STUDIES):
            if self.study(name) == study:
                return name
        self._given[study.data_sha256] = study
        return study.data_sha256

    def _estimate(self, name: str) -> popest.Estimate:
        """What `popest.estimate` says, of which the pages know nothing."""
        return popest.estimate(self.study(name))

    def _contents(self, name: str) -> Contents:
        """The contents, those of a shipped study with the help of other processes.

        What a small one takes is less than a process takes to start.
        """
        here = partial(BackgroundTask, is_worth_it=False)
        task = BackgroundTask if name in popest.list_studies() else here
        with patch.object(contents, "BackgroundTask", task):
            return gather(self.study(name), 1, self.texts["en"], lambda _: None)

    def _html(self, name: str, language: str) -> str:
        return render(self.contents(name), self.texts[language])
