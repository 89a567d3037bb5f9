from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="Usage")



@_attrs_define
class Usage:
    """ How much an account has of what its quotas bound, where that is counted.

        Attributes:
            annotations (int): Annotations. Example: 30.
            campaigns (int): Campaigns that are not deleted. Example: 12.
            costs (int): Costs of periods. Example: 24.
            domains (int): Domains. Example: 1.
            goals (int): Goals that are not deleted. Example: 4.
            keys (int): API keys, revoked ones too. Example: 5.
            links (int): Links that are not deleted. Example: 1200.
            pixels (int): Pixels that are not deleted. Of them, goals and campaigns, of each there may be `others`. Example:
                3.
            quotas_hold (bool): Whether the quotas hold: where it is the only account of the installation, most do not.
                Example: True.
            segments (int): Segments. Example: 6.
            shares (int): Shares. Example: 2.
            webhooks (int): Webhooks and postbacks. Example: 1.
     """

    annotations: int
    campaigns: int
    costs: int
    domains: int
    goals: int
    keys: int
    links: int
    pixels: int
    quotas_hold: bool
    segments: int
    shares: int
    webhooks: int





    def to_dict(self) -> dict[str, Any]:
        annotations = self.annotations

        campaigns = self.campaigns

        costs = self.costs

        domains = self.domains

        goals = self.goals

        keys = self.keys

        links = self.links

        pixels = self.pixels

        quotas_hold = self.quotas_hold

        segments = self.segments

        shares = self.shares

        webhooks = self.webhooks


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "annotations": annotations,
            "campaigns": campaigns,
            "costs": costs,
            "domains": domains,
            "goals": goals,
            "keys": keys,
            "links": links,
            "pixels": pixels,
            "quotas_hold": quotas_hold,
            "segments": segments,
            "shares": shares,
            "webhooks": webhooks,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        annotations = d.pop("annotations")

        campaigns = d.pop("campaigns")

        costs = d.pop("costs")

        domains = d.pop("domains")

        goals = d.pop("goals")

        keys = d.pop("keys")

        links = d.pop("links")

        pixels = d.pop("pixels")

        quotas_hold = d.pop("quotas_hold")

        segments = d.pop("segments")

        shares = d.pop("shares")

        webhooks = d.pop("webhooks")

        usage = cls(
            annotations=annotations,
            campaigns=campaigns,
            costs=costs,
            domains=domains,
            goals=goals,
            keys=keys,
            links=links,
            pixels=pixels,
            quotas_hold=quotas_hold,
            segments=segments,
            shares=shares,
            webhooks=webhooks,
        )

        return usage

