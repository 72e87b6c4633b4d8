"""Counts of published information: the channel decides the type, and a kind of information is a part."""

from __future__ import annotations

import re

from .facts_frames import Frame, RawFact, fact_of
from .facts_patterns import Patterns

ITEM_TYPES = frozenset(
    {"proactive_items", "website_items", "weibo_items", "wechat_items", "new_media_items", "part_items"}
)
# Kinds of information that a list of published items counts (政策文件6条), not documents or cases themselves.
PART_KINDS = frozenset(
    {
        "documents_issued",
        "personnel_documents",
        "proposals_handled",
        "opinion_responses",
        "press_conferences",
        "trainings",
        "inspections",
        "normative_documents_issued",
        "regulations_issued",
        "online_enquiries",
    }
)
# Units of which one is one piece of information whatever the noun; the others need a noun.
STRONG_UNITS = frozenset({"条", "篇", "则", "条次", "篇次"})

# “某县发布”微信公众号: the name of a channel says nothing about which channel it is, nor does a title
_QUOTED_NAME = re.compile(
    r"“[^“”]{2,20}”(?=[^，。；]{0,4}(?:微信|微博|公众|抖音|视频号|客户端|头条))|《[^《》]{2,40}》"
)
_SITES_AND = re.compile(r"网站(?:及|和|、|以及)\d+[个家]$")
_ASIDE = re.compile("（([^（）]{2,8})）")
_WEAK_NOUN = re.compile("信息$|视频$|图文$|稿件$")
_NAMED_IN_QUOTES = re.compile("“[^“”]+”(?:信息|类信息)")
_LIST_OF_KINDS = re.compile("[、和及等].{0,12}信息$|等信息$")
_OTHER = re.compile("其[他它]")
_POSTS = re.compile("推文|图文|文章|稿件|作品|视频|微博$")
_DOMAIN = re.compile("领域|栏目|专栏|专题|类")
_NO_NOUN = re.compile(r"[了着过将把被在于对向从由让使]|征集|收到|梳理|提出|整改|\d")
_NOUN_LENGTH = (2, 14)
# The words directly before the number in which a word of `unless` counts.
_REACH = 14

_SURE, _CLEAR, _PART, _WEAK = 0.92, 0.88, 0.85, 0.75


def item_fact(
    frame: Frame, group: RawFact | None, after_item: bool, last: RawFact | None, p: Patterns
) -> RawFact | None:
    """Read a count of published information.

    Args:
        frame: The number.
        group: The fact whose parts are being listed.
        after_item: The number before it in this sentence was such a count too: a list goes on.
        last: The fact before it.
        p: The patterns.
    """
    n = frame.number
    core, right = frame.marked.split("#", 1)
    if n.unit not in p.item_units or p.items["unless"].search(core[-_REACH:] + "#" + frame.right[:6]):
        return None
    noun = p.items["noun"].pattern
    strong = n.unit in STRONG_UNITS
    ends_in_noun = bool(re.search(f"{noun}$", core))
    by_noun = ends_in_noun or bool(re.match(f"[^，]{{0,8}}?{noun}", right))
    by_verb = strong and bool(re.search(f"{p.items['verb'].pattern}$", core))
    own = _own_channels(frame, p)
    if group is not None and group.type in ITEM_TYPES | {"interpretations"}:
        if not strong and n.unit != group.raw_unit:
            return None
        kind = channel_type(own) if own else group.type
        if kind is None and group.type in ITEM_TYPES:
            return None  # 公告栏公开#: no type of its own
        if kind in (group.type, None):
            return fact_of(frame, "part_items", _CLEAR)
    if not (by_noun or by_verb or (strong and own and _ends_with_channel(core, p))):
        listed = after_item and _is_noun(core)
        if strong and (listed or p.items["published"].search(core) or p.items["sort"].search(core)):
            return fact_of(frame, "part_items", _WEAK)
        return None
    if not strong and not (by_noun and _WEAK_NOUN.search(core)):
        return None
    if _is_one_kind(core, ends_in_noun, own, p):
        return fact_of(frame, "part_items", _PART)
    return _by_channel(frame, own, last, core + right, p)


def _is_one_kind(core: str, ends_in_noun: bool, own: frozenset[str], p: Patterns) -> bool:
    """Tell whether the noun before the number names one kind of information, not all of it."""
    if _OTHER.match(core):
        return True
    named = re.sub("(?<=信息)公开$", "", core)  # 公共资源配置信息公开#
    noun = bool(re.search(f"{p.items['noun'].pattern}$", named)) if named != core else ends_in_noun
    one = (noun and not p.items["generic"].search(named)) or bool(_NAMED_IN_QUOTES.fullmatch(named))
    if not (one and own):
        return one
    # beside its channel a list of kinds (文件、动态和业务信息) is all that it published
    return not (_LIST_OF_KINDS.search(core) or _ends_with_channel(core, p) or p.items["channel_generic"].search(core))


def _by_channel(frame: Frame, own: frozenset[str], last: RawFact | None, words: str, p: Patterns) -> RawFact | None:
    channels = own or _channels(frame.own_clause, p) or _channels(frame.carrier, p)
    if not channels and last is not None and last.type in ("new_media_accounts", "followers"):
        # 开设政务新媒体账号6个，全年发布信息#; “白塔融媒”关注人数…，年内发布作品#
        named = last.type == "new_media_accounts" or last.text not in frame.before
        channels = _channels(frame.before, p) or frozenset(() if named else ("new_media",))
    if not channels and _POSTS.search(words):
        channels = _channels(frame.before, p)  # 公众号…，粉丝…万，发布推文#: still the same account
    kind = channel_type(channels)
    if kind is None:
        return None
    if kind != "proactive_items" or p.items["whole_year"].search(frame.carrier):
        return fact_of(frame, kind, _SURE)
    if not channels and _DOMAIN.search(frame.before):
        return fact_of(frame, "part_items", _WEAK)
    return fact_of(frame, kind, 0.8)


def channel_type(channels: frozenset[str]) -> str | None:
    """Return the type for the channels that a clause names, None for newspapers, broadcasting and notice boards."""
    if channels and channels <= {"press", "boards"}:
        return None
    if len(channels) == 1 and channels <= {"website", "weibo", "wechat"}:
        return f"{next(iter(channels))}_items"
    if channels and channels <= {"weibo", "wechat", "new_media"}:
        return "new_media_items"
    return "proactive_items"


def _channels(text: str, p: Patterns) -> frozenset[str]:
    text = _QUOTED_NAME.sub("", text)
    return frozenset(k for k, r in p.channels.items() if r.search(text))


def _own_channels(frame: Frame, p: Patterns) -> frozenset[str]:
    """Return the channels that the number's own words name, those in parentheses behind it included (12条（微信）)."""
    aside = _ASIDE.match(frame.paragraph.text[frame.number.stop : frame.number.stop + 12])
    own = _channels(frame.left + frame.right + (aside[1] if aside else ""), p)
    if own and not aside and _SITES_AND.search(frame.own_clause.removesuffix(frame.left)):
        return own | {"website"}  # 政府网站及30个政务新媒体发布信息#
    return own


def _ends_with_channel(core: str, p: Patterns) -> bool:
    """Tell whether the noun before the number is the channel itself (门户网站信息#)."""
    tail = "(?:平台|公众号|账号|端)*(?:信息|推文|推送|稿件|文章|内容|消息|图文)*$"
    return any(re.search(f"(?:{r.pattern}){tail}", core) for r in p.channels.values())


def _is_noun(core: str) -> bool:
    """Tell whether the words before the number are a name and no more (社会保险#)."""
    return _NOUN_LENGTH[0] <= len(core) <= _NOUN_LENGTH[1] and not _NO_NOUN.search(core)
