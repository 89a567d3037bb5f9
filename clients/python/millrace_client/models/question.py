from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.interval import Interval
from ..models.metric import Metric
from typing import cast

if TYPE_CHECKING:
  from ..models.question_filters import QuestionFilters





T = TypeVar("T", bound="Question")



@_attrs_define
class Question:
    """ A question as it was understood.

        Attributes:
            end (str): Before then.
            entity (str): Whose numbers.
            exclude_bots (bool): Whether bots are left out.
            filters (QuestionFilters): What events are counted, by column: values with commas between them, and `-` before
                all that are left out.
            group_by (None | str): What rows are grouped by. Example: country.
            interval (Interval): How an answer is cut into buckets.
            metrics (list[Metric]): Which numbers.
            start (str): From then on.
            timezone (str): In whose days.
     """

    end: str
    entity: str
    exclude_bots: bool
    filters: QuestionFilters
    group_by: None | str
    interval: Interval
    metrics: list[Metric]
    start: str
    timezone: str





    def to_dict(self) -> dict[str, Any]:
        from ..models.question_filters import QuestionFilters # noqa: PLC0415
        end = self.end

        entity = self.entity

        exclude_bots = self.exclude_bots

        filters = self.filters.to_dict()

        group_by: None | str
        group_by = self.group_by

        interval = self.interval.value

        metrics = []
        for metrics_item_data in self.metrics:
            metrics_item = metrics_item_data.value
            metrics.append(metrics_item)



        start = self.start

        timezone = self.timezone


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "end": end,
            "entity": entity,
            "exclude_bots": exclude_bots,
            "filters": filters,
            "group_by": group_by,
            "interval": interval,
            "metrics": metrics,
            "start": start,
            "timezone": timezone,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.question_filters import QuestionFilters # noqa: PLC0415
        d = dict(src_dict)
        end = d.pop("end")

        entity = d.pop("entity")

        exclude_bots = d.pop("exclude_bots")

        filters = QuestionFilters.from_dict(d.pop("filters"))




        def _parse_group_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        group_by = _parse_group_by(d.pop("group_by"))


        interval = Interval(d.pop("interval"))




        metrics = []
        _metrics = d.pop("metrics")
        for metrics_item_data in (_metrics):
            metrics_item = Metric(metrics_item_data)



            metrics.append(metrics_item)


        start = d.pop("start")

        timezone = d.pop("timezone")

        question = cls(
            end=end,
            entity=entity,
            exclude_bots=exclude_bots,
            filters=filters,
            group_by=group_by,
            interval=interval,
            metrics=metrics,
            start=start,
            timezone=timezone,
        )

        return question

