"""Every table of Louda, imported once so that metadata is complete before migrations or the first query."""

from __future__ import annotations

from app.access import models as access
from app.access.tokens import models as access_tokens
from app.allocation import models as allocation
from app.api.webhooks import models as api_webhooks
from app.catalog import models as catalog
from app.core import clock_trust, events, idempotency, jobs
from app.core.db import Base
from app.core.log import seals
from app.core.queue import leader
from app.core.store import mark
from app.dispatch import models as dispatch
from app.errands import models as errands
from app.handover import models as handover
from app.intake import models as intake
from app.ordering import models as ordering
from app.ordering.claims import models as ordering_claims
from app.ordering.desk import models as ordering_desk
from app.ordering.packs import models as ordering_packs
from app.ordering.remarks import models as ordering_remarks
from app.ordering.standing import models as ordering_standing
from app.picking import models as picking
from app.places import models as places
from app.printing import models as printing
from app.purchasing import models as purchasing
from app.settlement import models as settlement
from app.stock import models as stock
from app.tally import models as tally

metadata = Base.metadata

__all__ = [
    "access",
    "access_tokens",
    "allocation",
    "api_webhooks",
    "catalog",
    "clock_trust",
    "dispatch",
    "errands",
    "events",
    "handover",
    "idempotency",
    "intake",
    "jobs",
    "leader",
    "mark",
    "metadata",
    "ordering",
    "ordering_claims",
    "ordering_desk",
    "ordering_packs",
    "ordering_remarks",
    "ordering_standing",
    "picking",
    "places",
    "printing",
    "purchasing",
    "seals",
    "settlement",
    "stock",
    "tally",
]
