from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.row_costs_type_0 import RowCostsType0
  from ..models.row_profits_type_0 import RowProfitsType0
  from ..models.row_values_type_0 import RowValuesType0





T = TypeVar("T", bound="Row")



@_attrs_define
class Row:
    """ One bucket of one group.

        Attributes:
            aov (None | str | Unset): Value of each conversion; null without conversions, or in several currencies. Example:
                18.50.
            asn (None | str | Unset): With `group_by=asn`. Autonomous system of the network. `other` for all beyond the
                limit; null for none.
            bot (None | str | Unset): With `group_by=bot`. Why it is a bot's; none: it is a person's. `other` for all beyond
                the limit; null for none.
            bot_clicks (int | None | Unset): Clicks of bots. Example: 3.
            bot_views (int | None | Unset): Views of bots. Example: 1.
            browser (None | str | Unset): With `group_by=browser`. Browser family. `other` for all beyond the limit; null
                for none.
            campaign (None | str | Unset): With `group_by=campaign`. Campaign at the time of the event, by its id. `other`
                for all beyond the limit; null for none.
            campaign_name (None | str | Unset): The name of the campaign, with two names in `group_by`.
            channel (None | str | Unset): With `group_by=channel`. How visitors came: direct, search, social, email,
                referral, paid or ai. `other` for all beyond the limit; null for none.
            city (None | str | Unset): With `group_by=city`. City, by its English name. `other` for all beyond the limit;
                null for none.
            clicks (int | None | Unset): Clicks; those of bots only with `exclude_bots=false`. Example: 120.
            continent (None | str | Unset): With `group_by=continent`. Continent of the country: AF, AN, AS, EU, NA, OC or
                SA. `other` for all beyond the limit; null for none.
            conversions (int | None | Unset): Conversions. Example: 7.
            cost (None | str | Unset): What clicks cost; null if in several currencies: then `costs` has it in each.
                Example: 6.00.
            costs (None | RowCostsType0 | Unset): By currency, what clicks cost in several; else absent. Example: {'EUR':
                '1.00', 'USD': '5.00'}.
            country (None | str | Unset): With `group_by=country`. Country, ISO 3166-1 alpha-2. `other` for all beyond the
                limit; null for none.
            cr (float | None | Unset): Conversions for each click; null without clicks. Example: 0.058.
            ctr (float | None | Unset): Clicks for each view; null without views. Example: 0.35.
            currency (None | str | Unset): With `group_by=currency`. Currency of a value or of a cost, ISO 4217. `other` for
                all beyond the limit; null for none.
            day_of_week (None | str | Unset): With `group_by=day_of_week`. Day of the week, 1 (Monday) to 7, in the time
                zone of the question. `other` for all beyond the limit; null for none.
            device (None | str | Unset): With `group_by=device`. Type of device: mobile, tablet, desktop, tv, bot or other.
                `other` for all beyond the limit; null for none.
            device_model (None | str | Unset): With `group_by=device_model`. Device family: its maker and model. `other` for
                all beyond the limit; null for none.
            domain (None | str | Unset): With `group_by=domain`. Domain of the account that a click was made at. `other` for
                all beyond the limit; null for none.
            epc (None | str | Unset): Value for each click; null without clicks, or in several currencies. Example: 1.08.
            goal (None | str | Unset): With `group_by=goal`. Goal, by its id. `other` for all beyond the limit; null for
                none.
            goal_name (None | str | Unset): The name of the goal, with two names in `group_by`.
            hour_of_day (None | str | Unset): With `group_by=hour_of_day`. Hour of the day, 00 to 23, in the time zone of
                the question. `other` for all beyond the limit; null for none.
            language (None | str | Unset): With `group_by=language`. Language that is liked best, ISO 639. `other` for all
                beyond the limit; null for none.
            link (None | str | Unset): With `group_by=link`. Link, by its id: clicks on it, and the conversions they led to.
                `other` for all beyond the limit; null for none.
            name (None | str | Unset): The name of the campaign, pixel or goal.
            os (None | str | Unset): With `group_by=os`. Operating system family. `other` for all beyond the limit; null for
                none.
            other (bool | Unset): True: these are all groups beyond the limit together.
            pending (int | None | Unset): Conversions that are pending: those that became so, less those that are not any
                more. Example: 2.
            pixel (None | str | Unset): With `group_by=pixel`. Pixel, by its id. `other` for all beyond the limit; null for
                none.
            pixel_name (None | str | Unset): The name of the pixel, with two names in `group_by`.
            profit (None | str | Unset): Value less cost; null if in several currencies: then `profits` has it in each.
                Example: 123.50.
            profits (None | RowProfitsType0 | Unset): By currency, value less cost in several; else absent. Example: {'EUR':
                '11.50', 'USD': '20.00'}.
            referrer (None | str | Unset): With `group_by=referrer`. Host of the referrer. `other` for all beyond the limit;
                null for none.
            referrer_domain (None | str | Unset): With `group_by=referrer_domain`. Domain of the referrer: what somebody
                registered of its host. `other` for all beyond the limit; null for none.
            region (None | str | Unset): With `group_by=region`. First subdivision of the country. `other` for all beyond
                the limit; null for none.
            rejected (int | None | Unset): Conversions that were rejected. Example: 1.
            roi (float | None | Unset): Profit for each unit of cost; null without cost, or in several currencies. Example:
                20.58.
            rule (None | str | Unset): With `group_by=rule`. Which of a link's rules decided where it led. `other` for all
                beyond the limit; null for none.
            slug (None | str | Unset): The path that the link answers at.
            status (None | str | Unset): With `group_by=status`. Status that a conversion was reported with. `other` for all
                beyond the limit; null for none.
            sub1 (None | str | Unset): With `group_by=sub1`. Parameter sub1 of the request. `other` for all beyond the
                limit; null for none.
            sub2 (None | str | Unset): With `group_by=sub2`. Parameter sub2 of the request. `other` for all beyond the
                limit; null for none.
            sub3 (None | str | Unset): With `group_by=sub3`. Parameter sub3 of the request. `other` for all beyond the
                limit; null for none.
            sub4 (None | str | Unset): With `group_by=sub4`. Parameter sub4 of the request. `other` for all beyond the
                limit; null for none.
            sub5 (None | str | Unset): With `group_by=sub5`. Parameter sub5 of the request. `other` for all beyond the
                limit; null for none.
            tag (None | str | Unset): With `group_by=tag`. Tag of the link, as it is tagged now: rows overlap where a link
                has several. `other` for all beyond the limit; null for none.
            time (None | str | Unset): Start of the bucket; absent without `interval`. Example: 2026-01-02T00:00:00Z.
            trigger (None | str | Unset): With `group_by=trigger`. What led to the event: link or qr. `other` for all beyond
                the limit; null for none.
            unique_visitors (int | None | Unset): Distinct visitors. They do not add up over rows. Example: 99.
            utm_campaign (None | str | Unset): With `group_by=utm_campaign`. Parameter utm_campaign of the request. `other`
                for all beyond the limit; null for none.
            utm_content (None | str | Unset): With `group_by=utm_content`. Parameter utm_content of the request. `other` for
                all beyond the limit; null for none.
            utm_medium (None | str | Unset): With `group_by=utm_medium`. Parameter utm_medium of the request. `other` for
                all beyond the limit; null for none.
            utm_source (None | str | Unset): With `group_by=utm_source`. Parameter utm_source of the request. `other` for
                all beyond the limit; null for none.
            utm_term (None | str | Unset): With `group_by=utm_term`. Parameter utm_term of the request. `other` for all
                beyond the limit; null for none.
            value (None | str | Unset): Value of conversions; null if it is in several currencies, which do not add up: then
                `values` has it
                in each. Example: 129.50.
            values (None | RowValuesType0 | Unset): By currency, the value of conversions in several; else absent. Example:
                {'EUR': '12.50', 'USD': '25.00'}.
            variant (None | str | Unset): With `group_by=variant`. Which of a link's destinations was served. `other` for
                all beyond the limit; null for none.
            views (int | None | Unset): Views; those of bots only with `exclude_bots=false`. Example: 340.
     """

    aov: None | str | Unset = UNSET
    asn: None | str | Unset = UNSET
    bot: None | str | Unset = UNSET
    bot_clicks: int | None | Unset = UNSET
    bot_views: int | None | Unset = UNSET
    browser: None | str | Unset = UNSET
    campaign: None | str | Unset = UNSET
    campaign_name: None | str | Unset = UNSET
    channel: None | str | Unset = UNSET
    city: None | str | Unset = UNSET
    clicks: int | None | Unset = UNSET
    continent: None | str | Unset = UNSET
    conversions: int | None | Unset = UNSET
    cost: None | str | Unset = UNSET
    costs: None | RowCostsType0 | Unset = UNSET
    country: None | str | Unset = UNSET
    cr: float | None | Unset = UNSET
    ctr: float | None | Unset = UNSET
    currency: None | str | Unset = UNSET
    day_of_week: None | str | Unset = UNSET
    device: None | str | Unset = UNSET
    device_model: None | str | Unset = UNSET
    domain: None | str | Unset = UNSET
    epc: None | str | Unset = UNSET
    goal: None | str | Unset = UNSET
    goal_name: None | str | Unset = UNSET
    hour_of_day: None | str | Unset = UNSET
    language: None | str | Unset = UNSET
    link: None | str | Unset = UNSET
    name: None | str | Unset = UNSET
    os: None | str | Unset = UNSET
    other: bool | Unset = UNSET
    pending: int | None | Unset = UNSET
    pixel: None | str | Unset = UNSET
    pixel_name: None | str | Unset = UNSET
    profit: None | str | Unset = UNSET
    profits: None | RowProfitsType0 | Unset = UNSET
    referrer: None | str | Unset = UNSET
    referrer_domain: None | str | Unset = UNSET
    region: None | str | Unset = UNSET
    rejected: int | None | Unset = UNSET
    roi: float | None | Unset = UNSET
    rule: None | str | Unset = UNSET
    slug: None | str | Unset = UNSET
    status: None | str | Unset = UNSET
    sub1: None | str | Unset = UNSET
    sub2: None | str | Unset = UNSET
    sub3: None | str | Unset = UNSET
    sub4: None | str | Unset = UNSET
    sub5: None | str | Unset = UNSET
    tag: None | str | Unset = UNSET
    time: None | str | Unset = UNSET
    trigger: None | str | Unset = UNSET
    unique_visitors: int | None | Unset = UNSET
    utm_campaign: None | str | Unset = UNSET
    utm_content: None | str | Unset = UNSET
    utm_medium: None | str | Unset = UNSET
    utm_source: None | str | Unset = UNSET
    utm_term: None | str | Unset = UNSET
    value: None | str | Unset = UNSET
    values: None | RowValuesType0 | Unset = UNSET
    variant: None | str | Unset = UNSET
    views: int | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.row_costs_type_0 import RowCostsType0 # noqa: PLC0415
        from ..models.row_profits_type_0 import RowProfitsType0 # noqa: PLC0415
        from ..models.row_values_type_0 import RowValuesType0 # noqa: PLC0415
        aov: None | str | Unset
        if isinstance(self.aov, Unset):
            aov = UNSET
        else:
            aov = self.aov

        asn: None | str | Unset
        if isinstance(self.asn, Unset):
            asn = UNSET
        else:
            asn = self.asn

        bot: None | str | Unset
        if isinstance(self.bot, Unset):
            bot = UNSET
        else:
            bot = self.bot

        bot_clicks: int | None | Unset
        if isinstance(self.bot_clicks, Unset):
            bot_clicks = UNSET
        else:
            bot_clicks = self.bot_clicks

        bot_views: int | None | Unset
        if isinstance(self.bot_views, Unset):
            bot_views = UNSET
        else:
            bot_views = self.bot_views

        browser: None | str | Unset
        if isinstance(self.browser, Unset):
            browser = UNSET
        else:
            browser = self.browser

        campaign: None | str | Unset
        if isinstance(self.campaign, Unset):
            campaign = UNSET
        else:
            campaign = self.campaign

        campaign_name: None | str | Unset
        if isinstance(self.campaign_name, Unset):
            campaign_name = UNSET
        else:
            campaign_name = self.campaign_name

        channel: None | str | Unset
        if isinstance(self.channel, Unset):
            channel = UNSET
        else:
            channel = self.channel

        city: None | str | Unset
        if isinstance(self.city, Unset):
            city = UNSET
        else:
            city = self.city

        clicks: int | None | Unset
        if isinstance(self.clicks, Unset):
            clicks = UNSET
        else:
            clicks = self.clicks

        continent: None | str | Unset
        if isinstance(self.continent, Unset):
            continent = UNSET
        else:
            continent = self.continent

        conversions: int | None | Unset
        if isinstance(self.conversions, Unset):
            conversions = UNSET
        else:
            conversions = self.conversions

        cost: None | str | Unset
        if isinstance(self.cost, Unset):
            cost = UNSET
        else:
            cost = self.cost

        costs: dict[str, Any] | None | Unset
        if isinstance(self.costs, Unset):
            costs = UNSET
        elif isinstance(self.costs, RowCostsType0):
            costs = self.costs.to_dict()
        else:
            costs = self.costs

        country: None | str | Unset
        if isinstance(self.country, Unset):
            country = UNSET
        else:
            country = self.country

        cr: float | None | Unset
        if isinstance(self.cr, Unset):
            cr = UNSET
        else:
            cr = self.cr

        ctr: float | None | Unset
        if isinstance(self.ctr, Unset):
            ctr = UNSET
        else:
            ctr = self.ctr

        currency: None | str | Unset
        if isinstance(self.currency, Unset):
            currency = UNSET
        else:
            currency = self.currency

        day_of_week: None | str | Unset
        if isinstance(self.day_of_week, Unset):
            day_of_week = UNSET
        else:
            day_of_week = self.day_of_week

        device: None | str | Unset
        if isinstance(self.device, Unset):
            device = UNSET
        else:
            device = self.device

        device_model: None | str | Unset
        if isinstance(self.device_model, Unset):
            device_model = UNSET
        else:
            device_model = self.device_model

        domain: None | str | Unset
        if isinstance(self.domain, Unset):
            domain = UNSET
        else:
            domain = self.domain

        epc: None | str | Unset
        if isinstance(self.epc, Unset):
            epc = UNSET
        else:
            epc = self.epc

        goal: None | str | Unset
        if isinstance(self.goal, Unset):
            goal = UNSET
        else:
            goal = self.goal

        goal_name: None | str | Unset
        if isinstance(self.goal_name, Unset):
            goal_name = UNSET
        else:
            goal_name = self.goal_name

        hour_of_day: None | str | Unset
        if isinstance(self.hour_of_day, Unset):
            hour_of_day = UNSET
        else:
            hour_of_day = self.hour_of_day

        language: None | str | Unset
        if isinstance(self.language, Unset):
            language = UNSET
        else:
            language = self.language

        link: None | str | Unset
        if isinstance(self.link, Unset):
            link = UNSET
        else:
            link = self.link

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        os: None | str | Unset
        if isinstance(self.os, Unset):
            os = UNSET
        else:
            os = self.os

        other = self.other

        pending: int | None | Unset
        if isinstance(self.pending, Unset):
            pending = UNSET
        else:
            pending = self.pending

        pixel: None | str | Unset
        if isinstance(self.pixel, Unset):
            pixel = UNSET
        else:
            pixel = self.pixel

        pixel_name: None | str | Unset
        if isinstance(self.pixel_name, Unset):
            pixel_name = UNSET
        else:
            pixel_name = self.pixel_name

        profit: None | str | Unset
        if isinstance(self.profit, Unset):
            profit = UNSET
        else:
            profit = self.profit

        profits: dict[str, Any] | None | Unset
        if isinstance(self.profits, Unset):
            profits = UNSET
        elif isinstance(self.profits, RowProfitsType0):
            profits = self.profits.to_dict()
        else:
            profits = self.profits

        referrer: None | str | Unset
        if isinstance(self.referrer, Unset):
            referrer = UNSET
        else:
            referrer = self.referrer

        referrer_domain: None | str | Unset
        if isinstance(self.referrer_domain, Unset):
            referrer_domain = UNSET
        else:
            referrer_domain = self.referrer_domain

        region: None | str | Unset
        if isinstance(self.region, Unset):
            region = UNSET
        else:
            region = self.region

        rejected: int | None | Unset
        if isinstance(self.rejected, Unset):
            rejected = UNSET
        else:
            rejected = self.rejected

        roi: float | None | Unset
        if isinstance(self.roi, Unset):
            roi = UNSET
        else:
            roi = self.roi

        rule: None | str | Unset
        if isinstance(self.rule, Unset):
            rule = UNSET
        else:
            rule = self.rule

        slug: None | str | Unset
        if isinstance(self.slug, Unset):
            slug = UNSET
        else:
            slug = self.slug

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        sub1: None | str | Unset
        if isinstance(self.sub1, Unset):
            sub1 = UNSET
        else:
            sub1 = self.sub1

        sub2: None | str | Unset
        if isinstance(self.sub2, Unset):
            sub2 = UNSET
        else:
            sub2 = self.sub2

        sub3: None | str | Unset
        if isinstance(self.sub3, Unset):
            sub3 = UNSET
        else:
            sub3 = self.sub3

        sub4: None | str | Unset
        if isinstance(self.sub4, Unset):
            sub4 = UNSET
        else:
            sub4 = self.sub4

        sub5: None | str | Unset
        if isinstance(self.sub5, Unset):
            sub5 = UNSET
        else:
            sub5 = self.sub5

        tag: None | str | Unset
        if isinstance(self.tag, Unset):
            tag = UNSET
        else:
            tag = self.tag

        time: None | str | Unset
        if isinstance(self.time, Unset):
            time = UNSET
        else:
            time = self.time

        trigger: None | str | Unset
        if isinstance(self.trigger, Unset):
            trigger = UNSET
        else:
            trigger = self.trigger

        unique_visitors: int | None | Unset
        if isinstance(self.unique_visitors, Unset):
            unique_visitors = UNSET
        else:
            unique_visitors = self.unique_visitors

        utm_campaign: None | str | Unset
        if isinstance(self.utm_campaign, Unset):
            utm_campaign = UNSET
        else:
            utm_campaign = self.utm_campaign

        utm_content: None | str | Unset
        if isinstance(self.utm_content, Unset):
            utm_content = UNSET
        else:
            utm_content = self.utm_content

        utm_medium: None | str | Unset
        if isinstance(self.utm_medium, Unset):
            utm_medium = UNSET
        else:
            utm_medium = self.utm_medium

        utm_source: None | str | Unset
        if isinstance(self.utm_source, Unset):
            utm_source = UNSET
        else:
            utm_source = self.utm_source

        utm_term: None | str | Unset
        if isinstance(self.utm_term, Unset):
            utm_term = UNSET
        else:
            utm_term = self.utm_term

        value: None | str | Unset
        if isinstance(self.value, Unset):
            value = UNSET
        else:
            value = self.value

        values: dict[str, Any] | None | Unset
        if isinstance(self.values, Unset):
            values = UNSET
        elif isinstance(self.values, RowValuesType0):
            values = self.values.to_dict()
        else:
            values = self.values

        variant: None | str | Unset
        if isinstance(self.variant, Unset):
            variant = UNSET
        else:
            variant = self.variant

        views: int | None | Unset
        if isinstance(self.views, Unset):
            views = UNSET
        else:
            views = self.views


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if aov is not UNSET:
            field_dict["aov"] = aov
        if asn is not UNSET:
            field_dict["asn"] = asn
        if bot is not UNSET:
            field_dict["bot"] = bot
        if bot_clicks is not UNSET:
            field_dict["bot_clicks"] = bot_clicks
        if bot_views is not UNSET:
            field_dict["bot_views"] = bot_views
        if browser is not UNSET:
            field_dict["browser"] = browser
        if campaign is not UNSET:
            field_dict["campaign"] = campaign
        if campaign_name is not UNSET:
            field_dict["campaign_name"] = campaign_name
        if channel is not UNSET:
            field_dict["channel"] = channel
        if city is not UNSET:
            field_dict["city"] = city
        if clicks is not UNSET:
            field_dict["clicks"] = clicks
        if continent is not UNSET:
            field_dict["continent"] = continent
        if conversions is not UNSET:
            field_dict["conversions"] = conversions
        if cost is not UNSET:
            field_dict["cost"] = cost
        if costs is not UNSET:
            field_dict["costs"] = costs
        if country is not UNSET:
            field_dict["country"] = country
        if cr is not UNSET:
            field_dict["cr"] = cr
        if ctr is not UNSET:
            field_dict["ctr"] = ctr
        if currency is not UNSET:
            field_dict["currency"] = currency
        if day_of_week is not UNSET:
            field_dict["day_of_week"] = day_of_week
        if device is not UNSET:
            field_dict["device"] = device
        if device_model is not UNSET:
            field_dict["device_model"] = device_model
        if domain is not UNSET:
            field_dict["domain"] = domain
        if epc is not UNSET:
            field_dict["epc"] = epc
        if goal is not UNSET:
            field_dict["goal"] = goal
        if goal_name is not UNSET:
            field_dict["goal_name"] = goal_name
        if hour_of_day is not UNSET:
            field_dict["hour_of_day"] = hour_of_day
        if language is not UNSET:
            field_dict["language"] = language
        if link is not UNSET:
            field_dict["link"] = link
        if name is not UNSET:
            field_dict["name"] = name
        if os is not UNSET:
            field_dict["os"] = os
        if other is not UNSET:
            field_dict["other"] = other
        if pending is not UNSET:
            field_dict["pending"] = pending
        if pixel is not UNSET:
            field_dict["pixel"] = pixel
        if pixel_name is not UNSET:
            field_dict["pixel_name"] = pixel_name
        if profit is not UNSET:
            field_dict["profit"] = profit
        if profits is not UNSET:
            field_dict["profits"] = profits
        if referrer is not UNSET:
            field_dict["referrer"] = referrer
        if referrer_domain is not UNSET:
            field_dict["referrer_domain"] = referrer_domain
        if region is not UNSET:
            field_dict["region"] = region
        if rejected is not UNSET:
            field_dict["rejected"] = rejected
        if roi is not UNSET:
            field_dict["roi"] = roi
        if rule is not UNSET:
            field_dict["rule"] = rule
        if slug is not UNSET:
            field_dict["slug"] = slug
        if status is not UNSET:
            field_dict["status"] = status
        if sub1 is not UNSET:
            field_dict["sub1"] = sub1
        if sub2 is not UNSET:
            field_dict["sub2"] = sub2
        if sub3 is not UNSET:
            field_dict["sub3"] = sub3
        if sub4 is not UNSET:
            field_dict["sub4"] = sub4
        if sub5 is not UNSET:
            field_dict["sub5"] = sub5
        if tag is not UNSET:
            field_dict["tag"] = tag
        if time is not UNSET:
            field_dict["time"] = time
        if trigger is not UNSET:
            field_dict["trigger"] = trigger
        if unique_visitors is not UNSET:
            field_dict["unique_visitors"] = unique_visitors
        if utm_campaign is not UNSET:
            field_dict["utm_campaign"] = utm_campaign
        if utm_content is not UNSET:
            field_dict["utm_content"] = utm_content
        if utm_medium is not UNSET:
            field_dict["utm_medium"] = utm_medium
        if utm_source is not UNSET:
            field_dict["utm_source"] = utm_source
        if utm_term is not UNSET:
            field_dict["utm_term"] = utm_term
        if value is not UNSET:
            field_dict["value"] = value
        if values is not UNSET:
            field_dict["values"] = values
        if variant is not UNSET:
            field_dict["variant"] = variant
        if views is not UNSET:
            field_dict["views"] = views

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.row_costs_type_0 import RowCostsType0 # noqa: PLC0415
        from ..models.row_profits_type_0 import RowProfitsType0 # noqa: PLC0415
        from ..models.row_values_type_0 import RowValuesType0 # noqa: PLC0415
        d = dict(src_dict)
        def _parse_aov(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        aov = _parse_aov(d.pop("aov", UNSET))


        def _parse_asn(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        asn = _parse_asn(d.pop("asn", UNSET))


        def _parse_bot(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        bot = _parse_bot(d.pop("bot", UNSET))


        def _parse_bot_clicks(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        bot_clicks = _parse_bot_clicks(d.pop("bot_clicks", UNSET))


        def _parse_bot_views(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        bot_views = _parse_bot_views(d.pop("bot_views", UNSET))


        def _parse_browser(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        browser = _parse_browser(d.pop("browser", UNSET))


        def _parse_campaign(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        campaign = _parse_campaign(d.pop("campaign", UNSET))


        def _parse_campaign_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        campaign_name = _parse_campaign_name(d.pop("campaign_name", UNSET))


        def _parse_channel(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        channel = _parse_channel(d.pop("channel", UNSET))


        def _parse_city(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        city = _parse_city(d.pop("city", UNSET))


        def _parse_clicks(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        clicks = _parse_clicks(d.pop("clicks", UNSET))


        def _parse_continent(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        continent = _parse_continent(d.pop("continent", UNSET))


        def _parse_conversions(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        conversions = _parse_conversions(d.pop("conversions", UNSET))


        def _parse_cost(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        cost = _parse_cost(d.pop("cost", UNSET))


        def _parse_costs(data: object) -> None | RowCostsType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                costs_type_0 = RowCostsType0.from_dict(data)



                return costs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RowCostsType0 | Unset, data)

        costs = _parse_costs(d.pop("costs", UNSET))


        def _parse_country(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        country = _parse_country(d.pop("country", UNSET))


        def _parse_cr(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        cr = _parse_cr(d.pop("cr", UNSET))


        def _parse_ctr(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        ctr = _parse_ctr(d.pop("ctr", UNSET))


        def _parse_currency(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        currency = _parse_currency(d.pop("currency", UNSET))


        def _parse_day_of_week(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        day_of_week = _parse_day_of_week(d.pop("day_of_week", UNSET))


        def _parse_device(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        device = _parse_device(d.pop("device", UNSET))


        def _parse_device_model(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        device_model = _parse_device_model(d.pop("device_model", UNSET))


        def _parse_domain(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        domain = _parse_domain(d.pop("domain", UNSET))


        def _parse_epc(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        epc = _parse_epc(d.pop("epc", UNSET))


        def _parse_goal(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        goal = _parse_goal(d.pop("goal", UNSET))


        def _parse_goal_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        goal_name = _parse_goal_name(d.pop("goal_name", UNSET))


        def _parse_hour_of_day(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        hour_of_day = _parse_hour_of_day(d.pop("hour_of_day", UNSET))


        def _parse_language(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        language = _parse_language(d.pop("language", UNSET))


        def _parse_link(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        link = _parse_link(d.pop("link", UNSET))


        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))


        def _parse_os(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        os = _parse_os(d.pop("os", UNSET))


        other = d.pop("other", UNSET)

        def _parse_pending(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        pending = _parse_pending(d.pop("pending", UNSET))


        def _parse_pixel(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        pixel = _parse_pixel(d.pop("pixel", UNSET))


        def _parse_pixel_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        pixel_name = _parse_pixel_name(d.pop("pixel_name", UNSET))


        def _parse_profit(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        profit = _parse_profit(d.pop("profit", UNSET))


        def _parse_profits(data: object) -> None | RowProfitsType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                profits_type_0 = RowProfitsType0.from_dict(data)



                return profits_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RowProfitsType0 | Unset, data)

        profits = _parse_profits(d.pop("profits", UNSET))


        def _parse_referrer(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        referrer = _parse_referrer(d.pop("referrer", UNSET))


        def _parse_referrer_domain(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        referrer_domain = _parse_referrer_domain(d.pop("referrer_domain", UNSET))


        def _parse_region(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        region = _parse_region(d.pop("region", UNSET))


        def _parse_rejected(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        rejected = _parse_rejected(d.pop("rejected", UNSET))


        def _parse_roi(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        roi = _parse_roi(d.pop("roi", UNSET))


        def _parse_rule(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        rule = _parse_rule(d.pop("rule", UNSET))


        def _parse_slug(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        slug = _parse_slug(d.pop("slug", UNSET))


        def _parse_status(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        status = _parse_status(d.pop("status", UNSET))


        def _parse_sub1(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub1 = _parse_sub1(d.pop("sub1", UNSET))


        def _parse_sub2(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub2 = _parse_sub2(d.pop("sub2", UNSET))


        def _parse_sub3(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub3 = _parse_sub3(d.pop("sub3", UNSET))


        def _parse_sub4(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub4 = _parse_sub4(d.pop("sub4", UNSET))


        def _parse_sub5(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sub5 = _parse_sub5(d.pop("sub5", UNSET))


        def _parse_tag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        tag = _parse_tag(d.pop("tag", UNSET))


        def _parse_time(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        time = _parse_time(d.pop("time", UNSET))


        def _parse_trigger(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        trigger = _parse_trigger(d.pop("trigger", UNSET))


        def _parse_unique_visitors(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        unique_visitors = _parse_unique_visitors(d.pop("unique_visitors", UNSET))


        def _parse_utm_campaign(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        utm_campaign = _parse_utm_campaign(d.pop("utm_campaign", UNSET))


        def _parse_utm_content(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        utm_content = _parse_utm_content(d.pop("utm_content", UNSET))


        def _parse_utm_medium(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        utm_medium = _parse_utm_medium(d.pop("utm_medium", UNSET))


        def _parse_utm_source(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        utm_source = _parse_utm_source(d.pop("utm_source", UNSET))


        def _parse_utm_term(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        utm_term = _parse_utm_term(d.pop("utm_term", UNSET))


        def _parse_value(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        value = _parse_value(d.pop("value", UNSET))


        def _parse_values(data: object) -> None | RowValuesType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                values_type_0 = RowValuesType0.from_dict(data)



                return values_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RowValuesType0 | Unset, data)

        values = _parse_values(d.pop("values", UNSET))


        def _parse_variant(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        variant = _parse_variant(d.pop("variant", UNSET))


        def _parse_views(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        views = _parse_views(d.pop("views", UNSET))


        row = cls(
            aov=aov,
            asn=asn,
            bot=bot,
            bot_clicks=bot_clicks,
            bot_views=bot_views,
            browser=browser,
            campaign=campaign,
            campaign_name=campaign_name,
            channel=channel,
            city=city,
            clicks=clicks,
            continent=continent,
            conversions=conversions,
            cost=cost,
            costs=costs,
            country=country,
            cr=cr,
            ctr=ctr,
            currency=currency,
            day_of_week=day_of_week,
            device=device,
            device_model=device_model,
            domain=domain,
            epc=epc,
            goal=goal,
            goal_name=goal_name,
            hour_of_day=hour_of_day,
            language=language,
            link=link,
            name=name,
            os=os,
            other=other,
            pending=pending,
            pixel=pixel,
            pixel_name=pixel_name,
            profit=profit,
            profits=profits,
            referrer=referrer,
            referrer_domain=referrer_domain,
            region=region,
            rejected=rejected,
            roi=roi,
            rule=rule,
            slug=slug,
            status=status,
            sub1=sub1,
            sub2=sub2,
            sub3=sub3,
            sub4=sub4,
            sub5=sub5,
            tag=tag,
            time=time,
            trigger=trigger,
            unique_visitors=unique_visitors,
            utm_campaign=utm_campaign,
            utm_content=utm_content,
            utm_medium=utm_medium,
            utm_source=utm_source,
            utm_term=utm_term,
            value=value,
            values=values,
            variant=variant,
            views=views,
        )

        return row

