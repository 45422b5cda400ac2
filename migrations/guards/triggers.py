"""Triggers that keep what no CHECK can say, for SQLite and PostgreSQL from one description.

Each guard names a table, the statements it watches, a condition over OLD and NEW, and why it refuses.
"""

from __future__ import annotations

from dataclasses import dataclass

AFTER_LOCK = "(SELECT state FROM household_order WHERE id = OLD.order_id) NOT IN ('placed', 'withdrawn')"
NOT_FINAL = "qty_open + qty_allocated + qty_packed + qty_dropped_off + qty_disputed > 0"


@dataclass(frozen=True)
class Guard:
    """`statement` is the SQL between BEFORE and ON; `when` is true where it must be refused."""

    name: str
    table: str
    statement: str
    when: str
    reason: str


def _append_only(table: str) -> tuple[Guard, Guard]:
    reason = f"{table} is append-only"
    return (
        Guard(f"{table}_no_update", table, "UPDATE", "1 = 1", reason),
        Guard(f"{table}_no_delete", table, "DELETE", "1 = 1", reason),
    )


GUARDS: tuple[Guard, ...] = (
    *(guard for table in ("event", "line_move", "custody", "payment", "stock_move") for guard in _append_only(table)),
    Guard("goods_receipt_fixed", "goods_receipt", "UPDATE", "1 = 1", "a goods receipt is never changed"),
    Guard("order_line_kept", "order_line", "DELETE", AFTER_LOCK, "a locked order keeps its lines"),
    Guard(
        "order_line_qty_kept",
        "order_line",
        "UPDATE",
        f"NEW.qty_ordered <> OLD.qty_ordered AND {AFTER_LOCK}",
        "a locked order keeps its quantities",
    ),
    Guard(
        "cycle_closes_empty",
        "cycle",
        "UPDATE",
        "NEW.state = 'closed' AND OLD.state <> 'closed'"
        f" AND EXISTS (SELECT 1 FROM order_line WHERE cycle_id = NEW.id AND {NOT_FINAL})",
        "a cycle closes when every unit has reached its end",
    ),
    Guard(
        "plan_answers_every_bag",
        "plan",
        "UPDATE",
        "NEW.state = 'published' AND OLD.state <> 'published' AND EXISTS (SELECT 1 FROM bag"
        " WHERE bag.cycle_id = NEW.cycle_id AND bag.wave <= NEW.wave AND bag.state = 'packed'"
        " AND NOT EXISTS (SELECT 1 FROM plan_bag WHERE plan_bag.plan_id = NEW.id AND plan_bag.bag_id = bag.id))",
        "a published plan answers for every packed bag",
    ),
)


def create(guard: Guard, dialect: str) -> list[str]:
    """The statements that set a guard up."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {guard.name} BEFORE {guard.statement} ON {guard.table} WHEN {guard.when}"
            f" BEGIN SELECT RAISE(ABORT, '{guard.reason}'); END"
        ]
    back = "OLD" if guard.statement == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {guard.when} THEN RAISE EXCEPTION '{guard.reason}' USING ERRCODE = '23514'; END IF;"
        f" RETURN {back}; END $$",
        f"CREATE TRIGGER {guard.name} BEFORE {guard.statement} ON {guard.table}"
        f" FOR EACH ROW EXECUTE FUNCTION {guard.name}()",
    ]


def drop(guard: Guard, dialect: str) -> list[str]:
    """The statements that take a guard away."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {guard.name}"]
    return [f"DROP TRIGGER {guard.name} ON {guard.table}", f"DROP FUNCTION {guard.name}()"]
