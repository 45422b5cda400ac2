"""`louda drill NAME`: each drill is a click command in a module of its own, imported only when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from app.upkeep.catalogue import CommandEntry

DRILLS: dict[str, CommandEntry] = {
    "wal": CommandEntry(
        "tests.drills.wal:wal_drill",
        "一小时下单和打印，数据库日志不变长",
        "an hour of orders and prints; the log of writes stays short",
    ),
    "kills": CommandEntry(
        "tests.drills.kills:kills",
        "随机杀掉后台任务 60 次，每句话都真",
        "60 kills of jobs at random statements; every message is true",
    ),
    "clicks": CommandEntry(
        "tests.drills.clicks:clicks",
        "每个角色在每个状态下点每个按钮",
        "every role clicks every control in every state",
    ),
}


class Drills(click.Group):
    """The drills of the table above."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        entry = DRILLS.get(name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(DRILLS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List from the table, since asking each drill for its help would import it."""
        with formatter.section("演练 Drills"):
            formatter.write_dl([(name, f"{entry.zh} {entry.en}") for name, entry in DRILLS.items()])


@click.group(cls=Drills)
def drill() -> None:
    """在临时数据上演练，不碰现有数据。 Trials on data of their own; the installation is not touched."""
