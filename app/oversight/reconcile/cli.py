"""`louda reconcile`: the closing equations and the seals of the event log, from the command line."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.core.log import seals
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
        seals.seal_waiting()
        found = list(seals.faults())
        shown = [f"{fault.kind} {fault.chain}/{fault.event_id}" for fault in found[:5]]
        click.echo(f"chain {_('事件链断点')} {len(found)}" + (f" ({', '.join(shown)})" if found else ""))
        broken += len(found)
    if broken:
        raise SystemExit(1)
