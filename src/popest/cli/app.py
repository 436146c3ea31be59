"""The commands, put together, and the exit codes of whatever goes wrong."""

from __future__ import annotations

import os
import sys
from io import StringIO, TextIOWrapper

import click

from popest.cli.completion import COMPLETION_OPTIONS
from popest.cli.on_demand import GroupOnDemand
from popest.cli.settings import pass_over_settings_here
from popest.study.problems import PopestError, StudyError, UsageError, printable
from popest.version import __version__

EXIT_UNEXPECTED, EXIT_USAGE, EXIT_INVALID = 1, 2, 3
EXIT_INTERRUPTED = 130

COMMANDS = {
    "estimate": "popest.cli.estimate:estimate",
    "compare": "popest.cli.compare:compare",
    "history": "popest.cli.compare:history",
    "check": "popest.cli.check:check",
    "report": "popest.cli.report:report",
    "new": "popest.cli.new:new",
    "sources": "popest.cli.sources:sources",
    "ratios": "popest.cli.ratios:ratios",
}
"""Each command and where it is."""


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"popest {__version__}")
        ctx.exit()


app = GroupOnDemand(
    COMMANDS,
    name="popest",
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    help="""Credible intervals for populations that nobody counts well.

    \b
    Examples:
      popest estimate                          the recent Russian population of Serbia
      popest estimate serbia-report-2024       the same from the figures of one report
      popest estimate --date 2024-06-30 --as-of 2024-03-31
      popest check --quick                     how far that can be trusted
      popest report --out serbia.html          all of it on one page
      popest sources list                      what was counted, and by whom
      popest new my-study                      a commented study to fill in

    \b
    Exit codes: 0 done; 2 usage; 3 a study is invalid; 4 not certified; 5 a check failed;
    1 unexpected; 130 interrupted.
    """,
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Print the version.",
        ),
        *COMPLETION_OPTIONS,
    ],
)


def main() -> None:
    """Run the command line and exit; every foreseen error is said in words."""
    _mend_streams()
    try:
        if passed := pass_over_settings_here():
            _say(f"Note: {', '.join(passed)} of the current folder: not read by popest.", 0)
        code = app(prog_name="popest", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        code = _show(error)
    except UsageError as error:
        code = _say(f"Error: {error}", EXIT_USAGE)
    except StudyError as error:
        number = f"{error.count:,} problem{'s' if error.count != 1 else ''}"
        code = _say(f"{error}\n{number}{'' if error.is_all else ' or more'}.", EXIT_INVALID)
    except PopestError as error:
        code = _say(f"Error: {error}", EXIT_UNEXPECTED)
    except (KeyboardInterrupt, click.Abort):
        code = EXIT_INTERRUPTED
    except OSError as error:
        code = _output_lost(error)
    if code == EXIT_INTERRUPTED:
        _say("Interrupted.", code)
    sys.exit(code)


def _mend_streams() -> None:
    """Let neither a closed stream nor a character that it cannot show stop a message."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, StringIO())
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _output_lost(error: OSError) -> int:
    """Give up on the standard output: its reader has gone, or its disk is full."""
    # What is left in the buffer has nowhere to go either.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return EXIT_UNEXPECTED
    place = f"{error.filename}: " if error.filename else ""
    return _say(f"Error: {place}{error.strerror or error}", EXIT_UNEXPECTED)


def _say(message: str, code: int) -> int:
    # Names of files and folders may hold what a terminal would obey.
    sys.stderr.write("".join(f"{printable(line)}\n" for line in message.split("\n")))
    return code


def _show(error: click.ClickException) -> int:
    """Show what is wrong with the command as it was typed."""
    error.show()
    return error.exit_code
