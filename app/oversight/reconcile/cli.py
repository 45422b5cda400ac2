"""`louda reconcile`: the closing equations and the seals of the event log, from the command line."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.core.events import broken_links
from app.oversight.reconcile.equations import equations


@click.command()
@click.option("--chain", is_flag=True, help="同时检查事件链 Check the seals of the event log as well")
@with_appcontext
def reconcile(chain: bool) -> None:
    """核对账目。 Count the violations of the closing equations; exit status 1 if there is any."""
    broken = 0
    for equation in equations():
        click.echo(f"{equation.code} {_(equation.name)} {equation.violations}")
        broken += equation.violations
    if chain:
        links = list(broken_links())
        click.echo(f"chain {_('事件链断点')} {len(links)}" + (f" ({links[:5]})" if links else ""))
        broken += len(links)
    if broken:
        raise SystemExit(1)
