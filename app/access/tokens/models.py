"""Tokens that accounts have given to programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.models import Account, RoleGrant
from app.core.db import STRICT, Base, Created, UtcDateTime, fk, json_column, plain_text
from app.core.labels import Labelled


class TokenScope(Labelled):
    """What a token may be used for, within what its account may do at all."""

    READ = "read", "查看"
    ORDERS = "orders", "下单、修改、撤回"
    POINT = "point", "接龙入单、签点位汇总表"
    SUPPLIES = "supplies", "采购、收货、分配、装袋"
    DELIVERY = "delivery", "排路线、装车、送达"


class ApiToken(Created, Base):
    """A program acts as the account, in one of its roles or in all; only the hash of the token is stored.

    It is over once it has expired or was revoked, its account is disabled, or the sign-ins of the account were ended
    (another password, signed out everywhere): `session_epoch` is that of the account when the token was made.
    """

    __tablename__ = "api_token"
    __table_args__ = (UniqueConstraint("token_sha256"), Index("ix_api_token_account_id", "account_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = fk("account.id")
    name: Mapped[str] = plain_text()
    token_sha256: Mapped[str] = plain_text()
    scopes: Mapped[Any] = json_column()  # values of TokenScope
    grant_id: Mapped[int | None] = fk("role_grant.id")  # acts in this role only; none: in all of the account
    session_epoch: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # to some minutes
    account: Mapped[Account] = relationship()
    grant: Mapped[RoleGrant | None] = relationship()

    @property
    def scope_labels(self) -> str:
        return "、".join(TokenScope(scope).label for scope in self.scopes)
