"""What is assumed and what was published: reading, checking and viewing a study on disk.

What the counts say about the population is found in ``popest.model`` and the rooms that use it;
nothing of them is imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from popest.on_demand import names_on_demand

if TYPE_CHECKING:
    from popest.study.calendar import Calendar
    from popest.study.files.locate import list_studies
    from popest.study.load import load_study, study_from_texts
    from popest.study.observations.observation import Observation
    from popest.study.problems import PopestError, Problem, StudyError, UsageError
    from popest.study.specification.records import Source, Specification
    from popest.study.study import Study
    from popest.study.template import write_template

_MODULES = {
    "Calendar": "popest.study.calendar",
    "Observation": "popest.study.observations.observation",
    "PopestError": "popest.study.problems",
    "Problem": "popest.study.problems",
    "Source": "popest.study.specification.records",
    "Specification": "popest.study.specification.records",
    "Study": "popest.study.study",
    "StudyError": "popest.study.problems",
    "UsageError": "popest.study.problems",
    "list_studies": "popest.study.files.locate",
    "load_study": "popest.study.load",
    "study_from_texts": "popest.study.load",
    "write_template": "popest.study.template",
}

__all__ = [
    "Calendar",
    "Observation",
    "PopestError",
    "Problem",
    "Source",
    "Specification",
    "Study",
    "StudyError",
    "UsageError",
    "list_studies",
    "load_study",
    "study_from_texts",
    "write_template",
]

__getattr__ = names_on_demand(__name__, _MODULES)
