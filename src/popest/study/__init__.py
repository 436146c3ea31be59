"""What is assumed and what was published: reading, checking and viewing a study on disk.

What the counts say about the population is the business of ``popest.model`` and of the rooms
that use it; nothing of them is imported here.
"""

from popest.study.calendar import Calendar
from popest.study.files.locate import list_studies
from popest.study.load import load_study, study_from_texts
from popest.study.observations.observation import Observation
from popest.study.problems import PopestError, Problem, StudyError, UsageError
from popest.study.specification.records import Source, Specification
from popest.study.study import Study
from popest.study.template import write_template

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
