"""What is assumed and what was published: reading, checking and viewing a study on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.on_demand import names_on_demand

if TYPE_CHECKING:
    from popest.study.calendar import Calendar as Calendar
    from popest.study.files.locate import list_studies as list_studies
    from popest.study.load import load_study as load_study
    from popest.study.load import study_from_texts as study_from_texts
    from popest.study.observations.observation import Observation as Observation
    from popest.study.problems import PopestError as PopestError
    from popest.study.problems import Problem as Problem
    from popest.study.problems import StudyError as StudyError
    from popest.study.problems import UsageError as UsageError
    from popest.study.specification.records import Source as Source
    from popest.study.specification.records import Specification as Specification
    from popest.study.study import Study as Study
    from popest.study.template import write_panel_template as write_panel_template
    from popest.study.template import write_template as write_template

_NAMES = {
    "popest.study.calendar": "Calendar",
    "popest.study.files.locate": "list_studies",
    "popest.study.load": "load_study study_from_texts",
    "popest.study.observations.observation": "Observation",
    "popest.study.problems": "PopestError Problem StudyError UsageError",
    "popest.study.specification.records": "Source Specification",
    "popest.study.study": "Study",
    "popest.study.template": "write_panel_template write_template",
}

__getattr__, __all__ = names_on_demand(__name__, _NAMES)
