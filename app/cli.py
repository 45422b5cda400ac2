"""The command line: `python -m app.cli COMMAND` (what `./louda` calls) and `flask COMMAND`.

Commands are listed in `app/upkeep/catalogue.py` and imported only when called, so `doctor` starts without the planner
and a broken slice does not take `backup` down with it. The application is made only for commands that ask for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup, FlaskGroup

from app.settings import SettingsError
from app.upkeep.catalogue import COMMANDS


def load(name: str) -> click.Command | None:
    """Import the command called `name`; None if the catalogue does not list it.

    Raises ClickException for a command whose module is not there: the drills are tests, which only a checkout has.
    """
    entry = COMMANDS.get(name)
    if entry is None:
        return None
    module, _, attribute = entry.target.partition(":")
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if module.startswith("tests.") and module.startswith(str(error.name)):
            raise click.ClickException("只有源码目录里才有演练。 Drills need a checkout of the source.") from error
        raise
    command = getattr(found, attribute)
    if not isinstance(command, click.Command):
        raise TypeError(f"{entry.target} is not a click command")
    return command


class LoudaGroup(FlaskGroup):
    """Louda's commands before Flask's own, looked up without making the application."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return load(name) or super().get_command(ctx, name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List from the catalogue, since asking each command for its help would import every slice."""
        with formatter.section("命令 Commands"):
            formatter.write_dl([(name, f"{entry.zh} {entry.en}") for name, entry in COMMANDS.items()])


class CataloguedGroup(AppGroup):
    """The same commands under `flask`, where the application is there already."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return super().get_command(ctx, name) or load(name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]


def attach(app: Flask) -> None:
    """Make Louda's commands available as `flask COMMAND` of `app`."""
    app.cli = CataloguedGroup(app.name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; a refusal is a sentence and exit status 1, never a traceback."""
    os.umask(0o077)  # whatever a command writes is personal until somebody says otherwise
    os.environ.setdefault("FLASK_APP", "app.factory:create_app")
    try:
        LoudaGroup(name="louda", add_version_option=False, add_default_commands=False).main(
            args=None if arguments is None else list(arguments), prog_name="louda"
        )
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
