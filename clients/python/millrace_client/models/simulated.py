from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.considered import Considered
  from ..models.outcome import Outcome





T = TypeVar("T", bound="Simulated")



@_attrs_define
class Simulated:
    """ What a link would do.

        Attributes:
            outcomes (list[Outcome]): Where it leads: one, or each variant.
            rule (None | str): The rule that decides; null: none fits, and the destination does. Example: phones.
            rules (list[Considered]): What each rule says, in order; the first that fits decides.
            state (str): Whether it leads on: `live`, `not_yet` or `ended`. Example: live.
     """

    outcomes: list[Outcome]
    rule: None | str
    rules: list[Considered]
    state: str





    def to_dict(self) -> dict[str, Any]:
        from ..models.considered import Considered # noqa: PLC0415
        from ..models.outcome import Outcome # noqa: PLC0415
        outcomes = []
        for outcomes_item_data in self.outcomes:
            outcomes_item = outcomes_item_data.to_dict()
            outcomes.append(outcomes_item)



        rule: None | str
        rule = self.rule

        rules = []
        for rules_item_data in self.rules:
            rules_item = rules_item_data.to_dict()
            rules.append(rules_item)



        state = self.state


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "outcomes": outcomes,
            "rule": rule,
            "rules": rules,
            "state": state,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.considered import Considered # noqa: PLC0415
        from ..models.outcome import Outcome # noqa: PLC0415
        d = dict(src_dict)
        outcomes = []
        _outcomes = d.pop("outcomes")
        for outcomes_item_data in (_outcomes):
            outcomes_item = Outcome.from_dict(outcomes_item_data)



            outcomes.append(outcomes_item)


        def _parse_rule(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        rule = _parse_rule(d.pop("rule"))


        rules = []
        _rules = d.pop("rules")
        for rules_item_data in (_rules):
            rules_item = Considered.from_dict(rules_item_data)



            rules.append(rules_item)


        state = d.pop("state")

        simulated = cls(
            outcomes=outcomes,
            rule=rule,
            rules=rules,
            state=state,
        )

        return simulated

