from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.backtest import Backtest
  from ..models.forecast_point import ForecastPoint





T = TypeVar("T", bound="Forecast")



@_attrs_define
class Forecast:
    """ One forecast of clicks by people.

        Attributes:
            backtest (Backtest | None):
            entity (str): Whose clicks. Example: acc_0000000000001.
            grain (str): Distance between points: `hourly` or `daily`. Example: hourly.
            made_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            model (str): The model, or the combination of models, that was chosen. Example: theta.
            points (list[ForecastPoint]): The points, in order of time.
     """

    backtest: Backtest | None
    entity: str
    grain: str
    made_at: str
    model: str
    points: list[ForecastPoint]





    def to_dict(self) -> dict[str, Any]:
        from ..models.backtest import Backtest # noqa: PLC0415
        from ..models.forecast_point import ForecastPoint # noqa: PLC0415
        backtest: dict[str, Any] | None
        if isinstance(self.backtest, Backtest):
            backtest = self.backtest.to_dict()
        else:
            backtest = self.backtest

        entity = self.entity

        grain = self.grain

        made_at = self.made_at

        model = self.model

        points = []
        for points_item_data in self.points:
            points_item = points_item_data.to_dict()
            points.append(points_item)




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "backtest": backtest,
            "entity": entity,
            "grain": grain,
            "made_at": made_at,
            "model": model,
            "points": points,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.backtest import Backtest # noqa: PLC0415
        from ..models.forecast_point import ForecastPoint # noqa: PLC0415
        d = dict(src_dict)
        def _parse_backtest(data: object) -> Backtest | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                backtest_type_0 = Backtest.from_dict(data)



                return backtest_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Backtest | None, data)

        backtest = _parse_backtest(d.pop("backtest"))


        entity = d.pop("entity")

        grain = d.pop("grain")

        made_at = d.pop("made_at")

        model = d.pop("model")

        points = []
        _points = d.pop("points")
        for points_item_data in (_points):
            points_item = ForecastPoint.from_dict(points_item_data)



            points.append(points_item)


        forecast = cls(
            backtest=backtest,
            entity=entity,
            grain=grain,
            made_at=made_at,
            model=model,
            points=points,
        )

        return forecast

