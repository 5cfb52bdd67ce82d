"""Track records as pages, API and command line show them: of what the viewer may see."""

from __future__ import annotations

from dataclasses import dataclass

from connector.bootstrap import Services
from connector.people.permissions import Viewer
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.track_record import track_records, weighted
from governance.money import Period
from governance.track_record import LEAST_SAMPLE, RecordKind, TrackRecord, WeightedPipeline


@dataclass(frozen=True, slots=True)
class ShownRecords:
    """Everything that is known of promises, always with the sample."""

    records: tuple[TrackRecord, ...]
    currency: str
    closed: Period | None
    """The last closed month; ``None`` before there are figures."""
    weighted: WeightedPipeline | None
    """``None`` while the policy does not weigh the pipeline."""
    least_sample: int

    def of(self, kind: RecordKind) -> tuple[TrackRecord, ...]:
        return tuple(one for one in self.records if one.kind is kind)

    @property
    def whole(self) -> TrackRecord | None:
        return next(iter(self.of(RecordKind.ALL)), None)


def shown_records(services: Services, viewer: Viewer) -> ShownRecords:
    """The records of everything that the viewer sees, and the weighted pipeline of it."""
    config = services.active_config()
    own = tuple(config.legal_entities) if config is not None else ()
    with services.read_as(viewer) as connection:
        settings = Portfolio(connection, viewer, PortfolioFilters()).settings()
        return ShownRecords(
            track_records(connection, viewer, own),
            settings.currency if settings is not None else "",
            settings.closed if settings is not None else None,
            weighted(connection, viewer, PortfolioFilters(), config),
            config.policy.track_record_sample if config is not None else LEAST_SAMPLE,
        )
