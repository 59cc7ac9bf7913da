"""One method per rule; state is the rows earned so far and what has been judged."""

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from reference_challenges.dates import Dates
from reference_challenges.tables import Tables
from reference_challenges.weekly import best_of_week, newest_scores

FOLLOWS_WANTED = 5
CAP = 5
TOP = 10
SUFFIX = {"p1": 250, "p2": 1000, "p3": 10000}
FRIDAY = 4
PRIZES = {"tt": (1000, 100), "tut": (1000, 100), "tp": (100, 10)}  # for the first five, for the next five
DOLLAR = 1_000_000
PLAYS_FROM = datetime(2025, 1, 1)  # noqa: DTZ001 - the network's columns hold naive UTC


class Earned(msgspec.Struct):
    """A row of ``user_challenges``."""

    user_id: int
    """Who earned it."""
    complete: bool
    """Whether it was earned."""
    steps: int
    """How far it is."""
    amount: int
    """What it pays."""
    at: datetime | None = None
    """When, where a rule depends on it."""
    block: int | None = None
    """The block at whose end it was earned."""


NOTHING = Tables(**{name: [] for name in Tables.__struct_fields__ if name not in {"now", "block"}}, now=None, block=0)
"""What was there before the first block."""


class Reference:
    """Every challenge, one tick at a time: some rules at the end of every block, some when jobs run."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Earned] = {}
        self.judged: dict[str, int] = {}  # newest block or play judged, by challenge
        self.streaks: dict[int, tuple[datetime, int, datetime]] = {}  # the last play that counted, days, the first play
        self.steps: dict[int, tuple[bool, ...]] = {}
        self.weeks: dict[tuple[str, date], list[tuple[int, int]]] = {}  # by challenge and Friday: item and owner
        self.dates = Dates()
        self.listed: list[int] = []  # the top ten that a run noted
        self.listed_in = 0
        self.past: list[Tables] = []  # the state at the end of every block
        self.block = 0

    @property
    def before(self) -> Tables | None:
        """The state of the block before."""
        return self.past[-1] if self.past else None

    def tick(self, tables: Tables) -> None:
        """Judge by the state at the end of a block."""
        self.block = tables.block
        self.dates.tell(tables)
        for rule in (
            self.uploads, self.first_playlists, self.profiles, self.verified, self.cosigns, self.comments, self.pins,
            self.contests, self.mobile, self.referrals, self.referred, self.streaks_of, self.milestones,
            self.tastemakers,
        ):  # fmt: skip
            rule(tables)
        self.past.append(tables)

    def run(self, tables: Tables) -> None:
        """Judge what comes between blocks, and what goes by the clock."""
        self.note(tables)
        self.matching("b")
        self.matching("s")
        self.tips()
        for key in PRIZES:
            self.trending(tables, key)

    def pay(self, challenge_id: str, specifier: str, row: Earned) -> None:
        """A complete row is final; who earns a row never changes."""
        before = self.rows.get((challenge_id, specifier))
        if before is None or not before.complete:
            if row.complete and row.block is None:
                row.block = self.block
            self.rows[challenge_id, specifier] = row

    def new(self, challenge_id: str, rows: Iterable[dict[str, Any]], stamp: str = "since") -> list[dict[str, Any]]:
        """Rows that no tick has judged; remember them as judged when the tick is over."""
        seen = self.judged.get(challenge_id, -1)
        return [row for row in rows if row[stamp] > seen]

    def uploads(self, t: Tables) -> None:
        reward = t.reward("u")
        if reward is None or reward["step_count"] is None or reward["starting_block"] is None:
            return
        for owner in {track["owner_id"] for track in t.tracks}:
            count = sum(
                track["owner_id"] == owner and not track["is_delete"] and not track["is_unlisted"]
                and track["stem_of"] is None and track["since"] >= reward["starting_block"]
                for track in t.tracks
            )  # fmt: skip
            wanted = reward["step_count"]
            if count and t.may_earn(owner):
                self.pay("u", f"{owner:x}", Earned(owner, count >= wanted > 0, min(count, wanted), reward["amount"]))

    def first_playlists(self, t: Tables) -> None:
        reward = t.reward("fp")
        if reward is None:
            return
        for playlist in t.playlists:
            owner = playlist["playlist_owner_id"]
            has_tracks = bool(playlist["playlist_contents"].get("track_ids"))
            is_late = playlist["since"] >= (reward["starting_block"] or 0)
            if has_tracks and is_late and not playlist["is_delete"] and t.may_earn(owner):
                self.pay("fp", f"{owner:x}", Earned(owner, True, 1, reward["amount"]))

    def profiles(self, t: Tables) -> None:
        reward = t.reward("p")
        if reward is None or reward["step_count"] is None:
            return
        for mine, steps in _steps(t):
            self.steps[mine] = steps
            is_complete = sum(steps) >= reward["step_count"] > 0
            self.pay("p", f"{mine:x}", Earned(mine, is_complete, sum(steps), reward["amount"]))

    def verified(self, t: Tables) -> None:
        reward = t.reward("v")
        for user in t.users if reward else ():
            is_late = user["since"] >= (reward["starting_block"] or 0)  # type: ignore[index]  # not None in the loop
            if user["is_verified"] and not user["is_deactivated"] and is_late:
                row = Earned(user["user_id"], True, 1, reward["amount"])  # type: ignore[index]  # not None in the loop
                self.pay("v", f"{user['user_id']:x}", row)

    def cosigns(self, t: Tables) -> None:
        reward = t.reward("cs")
        if reward is None:
            return
        acts = [(r["user_id"], r["repost_item_id"], r) for r in t.reposts if r["repost_type"] == "track"]
        acts += [(s["user_id"], s["save_item_id"], s) for s in t.saves if s["save_type"] == "track"]
        acts = [act for act in acts if not act[2]["is_delete"]]
        fresh = {(user, item) for user, item, row in acts if row in self.new("cs", [row])}
        found = []
        for artist, child in fresh:
            remix = t.track(child)
            parents = [t.track(link["parent_track_id"]) for link in t.remixes if link["child_track_id"] == child]
            if remix is None or not any(parent and parent["owner_id"] == artist for parent in parents):
                continue
            own = [row for user, item, row in acts if (user, item) == (artist, child)]
            own = [row for row in self.new("cs", own) if row["since"] >= (reward["starting_block"] or 0)]
            if own and t.is_verified(artist) and t.may_earn(remix["owner_id"]):
                first = min(own, key=lambda row: (row["since"], row["created_at"]))
                found.append((first["created_at"], first["since"], child, artist, remix["owner_id"]))
        for at, _, child, artist, owner in sorted(found):
            specifier = f"{artist:x}:{child:x}"
            recent = [
                row for (key, name), row in self.rows.items()
                if key == "cs" and name.startswith(f"{artist:x}:") and row.at and row.at >= at - timedelta(days=30)
            ]  # fmt: skip
            if ("cs", specifier) not in self.rows and len(recent) < CAP:
                self.pay("cs", specifier, Earned(owner, True, 1, reward["amount"], at))
        self.judged["cs"] = max(self.judged.get("cs", -1), self.block)

    def streaks_of(self, t: Tables) -> None:
        """Who listens may not be able to earn, and the days go on; a streak is called after its first play."""
        reward = t.reward("e")
        if reward is None:
            return
        for play in sorted(self.new("e", t.plays, "id"), key=lambda play: play["id"]):
            listener, at = play["user_id"], play["created_at"]
            if listener is None:
                continue
            last, days, began = self.streaks.get(listener, (None, 0, at))
            hours = math.inf if last is None else (at - last) / timedelta(hours=1)
            if hours < 16:
                continue
            days, began = (days + 1, began) if hours < 48 else (1, at)
            self.streaks[listener] = (at, days, began)
            if days > 7:
                began, row = at, Earned(listener, True, 1, reward["amount"], at)
            else:
                row = Earned(listener, days == 7, days, 7, began)
            if t.may_earn(listener):
                self.pay("e", f"{listener:x}{began:%Y%m%d%H}", row)
        self.judged["e"] = max((play["id"] for play in t.plays), default=self.judged.get("e", -1))

    def milestones(self, t: Tables) -> None:
        tiers = sorted(
            (reward["step_count"], key, reward["amount"])
            for key in SUFFIX
            if (reward := t.reward(key)) and reward["step_count"] is not None
        )
        for user in t.users:
            if not user["is_verified"] or user["is_deactivated"]:
                continue
            mine = {track["track_id"] for track in t.tracks
                    if track["owner_id"] == user["user_id"] and not track["is_delete"]}  # fmt: skip
            plays = sum(play["play_item_id"] in mine and play["created_at"] >= PLAYS_FROM for play in t.plays)
            opens_at = 1
            for wanted, key, amount in tiers:
                if plays < max(opens_at, 1):
                    break
                row = Earned(user["user_id"], plays >= wanted > 0, min(plays, wanted), amount)
                self.pay(key, f"{user['user_id']:x}:{SUFFIX[key]}", row)
                opens_at = wanted

    def comments(self, t: Tables) -> None:
        reward = t.reward("c")
        if reward is None:
            return
        for changed in self.new("c", t.comments):
            week = _week(changed)
            said = [
                comment for comment in t.comments
                if comment["user_id"] == changed["user_id"] and _week(comment) == week
                and comment["since"] >= (reward["starting_block"] or 0)
                and comment["is_delete"] is False and comment["is_visible"] is True
            ]  # fmt: skip
            if said and t.may_earn(changed["user_id"]):
                self.pay("c", f"{changed['user_id']:x}:{week}", Earned(changed["user_id"], True, 1, reward["amount"]))
        self.judged["c"] = max(self.judged.get("c", -1), self.block)

    def pins(self, t: Tables) -> None:
        reward = t.reward("cp")
        for track in t.tracks if reward else ():
            pinned = [
                comment for comment in t.comments
                if comment["comment_id"] == track["pinned_comment_id"] and comment["is_delete"] is False
                and comment["entity_id"] == track["track_id"] and comment["user_id"] != track["owner_id"]
            ]  # fmt: skip
            if track["is_delete"] or not t.is_verified(track["owner_id"]):
                continue
            if track["since"] < (reward["starting_block"] or 0):  # type: ignore[index]  # not None in the loop
                continue
            for comment in pinned:
                if t.may_earn(comment["user_id"]):
                    specifier = f"{comment['user_id']:x}:{track['track_id']:x}"
                    row = Earned(comment["user_id"], True, 1, reward["amount"])  # type: ignore[index]  # same
                    self.pay("cp", specifier, row)

    def note(self, t: Tables) -> None:
        """Note the week's top ten, one list for a block, and judge its block by it."""
        if self.past[-1].reward("t") is None or self.listed_in == self.block:
            return
        shown = []
        for score in t.track_trending_scores:
            track = t.track(score["track_id"])
            hidden = track is None or track["is_delete"] or track["is_unlisted"] or track["stem_of"]
            listed = (score["type"], score["version"], score["time_range"]) == ("TRACKS", "pnagD", "week")
            if listed and track and not hidden and not track["is_stream_gated"]:
                shown.append((score["score"], score["track_id"]))
        top = sorted(track_id for _, track_id in sorted(shown, reverse=True)[:TOP])
        if top != self.listed:
            self.listed, self.listed_in = top, self.block
            self.tastemakers(self.past[-1])

    def tastemakers(self, t: Tables) -> None:
        reward = t.reward("t")
        if reward is None:
            return
        for top in self.listed:
            reposts = [
                (row["created_at"], row["user_id"])
                for row in t.reposts
                if row["repost_item_id"] == top and row["repost_type"] == "track" and not row["is_delete"]
            ]
            saves = [
                (row["created_at"], row["user_id"])
                for row in t.saves
                if row["save_item_id"] == top and row["save_type"] == "track" and not row["is_delete"]
            ]
            for _, user_id in sorted(reposts)[:TOP] + sorted(saves)[:TOP]:
                if t.may_earn(user_id):
                    self.pay("t", f"{user_id:x}:t:{top:x}", Earned(user_id, True, 1, reward["amount"]))

    def contests(self, t: Tables) -> None:
        """First what there was room for before this block, by the state that there was; then by the state of now."""
        if self.before is not None:
            self.hosts(self.before, lambda at: at < t.now)
        self.hosts(t, lambda at: at <= t.now)

    def hosts(self, t: Tables, is_time: Callable[[datetime], bool]) -> None:
        reward = t.reward("w")
        if reward is None:
            return
        for host in {event["user_id"] for event in t.events}:
            if t.is_verified(host):
                held = [e for e in t.events if e["user_id"] == host]
                self.prizes(t, held, reward, is_time)

    def prizes(
        self, t: Tables, held: list[dict[str, Any]], reward: dict[str, Any], is_time: Callable[[datetime], bool]
    ) -> None:
        """One host: the first five of each contest, then five in any seven days; who must wait is dated later."""
        mine = {f"{event['event_id']:x}:" for event in held}
        times = sorted(
            row.at for (key, name), row in self.rows.items()
            if key == "w" and name[: name.index(":") + 1] in mine and row.at
        )  # fmt: skip
        open_contests = [e for e in held if e["is_deleted"] is False and e["since"] >= (reward["starting_block"] or 0)]
        for event in sorted(open_contests, key=lambda event: (event["since"], event["event_id"])):
            prefix = f"{event['event_id']:x}:"
            left = CAP - sum(key == "w" and name.startswith(prefix) for key, name in self.rows)
            owners: list[int] = []
            winners = (event["event_data"] or {}).get("winners")
            for track_id in winners if isinstance(winners, list) else ():
                track = t.track(int(track_id)) if _is_number(track_id) else None
                if track and not track["is_delete"] and track["owner_id"] not in owners:
                    owner = track["owner_id"]
                    if ("w", f"{prefix}{owner:x}") not in self.rows and t.may_earn(owner):
                        owners.append(owner)
            for owner in owners[: max(left, 0)]:
                at = max(times[-CAP] + timedelta(days=7), t.now) if len(times) >= CAP else t.now
                times = sorted([*times, at])
                if is_time(at):
                    self.pay("w", f"{prefix}{owner:x}", Earned(owner, True, 1, reward["amount"], at))

    def mobile(self, t: Tables) -> None:
        reward = t.reward("m")
        for came in t.user_events if reward else ():
            is_late = came["blocknumber"] >= (reward["starting_block"] or 0)  # type: ignore[index]  # not None in the loop
            if came["is_mobile_user"] and is_late and t.may_earn(came["user_id"]):
                self.pay("m", f"{came['user_id']:x}", Earned(came["user_id"], True, 1, reward["amount"]))  # type: ignore[index]  # same

    def referrals(self, t: Tables) -> None:
        fresh: set[tuple[str, int]] = set()
        for key in ("r", "rv"):
            if t.reward(key):
                fresh |= {(key, row["user_id"]) for row in self.new(key, t.user_events, "blocknumber")}
                self.judged[key] = max(self.judged.get(key, -1), self.block)
        for came in sorted(t.user_events, key=self.arrived):
            user_id, referrer = came["user_id"], came["referrer"]
            if referrer in {None, user_id} or t.user(referrer) is None or not t.may_earn(referrer):
                continue
            key = "rv" if t.is_verified(referrer) else "r"
            reward = t.reward(key)
            specifier = f"{referrer:x}:{user_id:x}"
            if reward is None or (key, user_id) not in fresh or came["blocknumber"] < (reward["starting_block"] or 0):
                continue
            if ("r", specifier) in self.rows or ("rv", specifier) in self.rows:
                continue
            mine = [row for (other, _), row in self.rows.items() if other == key and row.user_id == referrer]
            if reward["step_count"] is None or sum(row.amount for row in mine) < reward["step_count"]:
                self.pay(key, specifier, Earned(referrer, True, 1, reward["amount"]))

    def arrived(self, came: dict[str, Any]) -> tuple[Any, ...]:
        """The order in which arrivals are judged."""
        return (came["blocknumber"], came["id"])

    def referred(self, t: Tables) -> None:
        reward = t.reward("rd")
        for came in t.user_events if reward else ():
            user_id = came["user_id"]
            is_late = came["blocknumber"] >= (reward["starting_block"] or 0)  # type: ignore[index]  # not None in the loop
            if came["referrer"] not in {None, user_id} and is_late and t.may_earn(user_id):
                self.pay("rd", f"{user_id:x}", Earned(user_id, True, 1, reward["amount"]))  # type: ignore[index]  # same

    def moment(self, key: str, at: datetime) -> tuple[dict[str, Any], datetime, Tables] | None:
        """By which terms, as of when and by which state an event of another chain is judged; None: not yet."""
        reached = [number for number, t in enumerate(self.past) if t.now >= at]
        held = next((number for number in reached if self.past[number].reward(key)), None)
        if held is None:
            return None
        if held != reached[0]:  # it was switched on behind the block before
            at = self.past[held - 1].now
        reward = self.past[held].reward(key)
        assert reward is not None
        return reward, at, next((t for t in reversed(self.past) if t.now <= at), NOTHING)

    def matching(self, key: str) -> None:
        t = self.past[-1]
        older = [{**row, "is_valid": True} for row in t.usdc_purchases]  # with the seller of then
        found = []
        for bought in (*t.sol_purchases, *older):
            judged = self.moment(key, bought["created_at"])
            if judged is not None and bought["is_valid"] and bought["amount"] >= DOLLAR:
                found.append((judged[1], bought["created_at"], bought["slot"], bought["signature"], bought, judged))
        for *_, bought, (reward, at, then) in sorted(found, key=lambda one: one[:4]):
            track = then.track(bought["content_id"])
            seller = bought.get("seller_user_id", track["owner_id"] if track else None)
            earner: Any = bought["buyer_user_id"] if key == "b" else seller
            if seller is None or bought["slot"] < (reward["starting_block"] or 0) or not then.may_earn(earner):
                continue
            if key == "b" or then.is_verified(earner):
                specifier = f"{bought['buyer_user_id']:x}:{bought['content_id']:x}"
                amount = reward["amount"] * (bought["amount"] // DOLLAR)
                self.pay(key, specifier, Earned(earner, True, 1, amount, at, then.block))

    def tips(self) -> None:
        sent = [(tip, self.moment("ft", tip["created_at"])) for tip in self.past[-1].user_tips]
        found = [(judged[1], tip["slot"], tip["signature"], tip, judged) for tip, judged in sent if judged is not None]
        for *_, tip, (reward, at, then) in sorted(found, key=lambda one: one[:3]):
            sender = tip["sender_user_id"]
            if tip["slot"] >= (reward["starting_block"] or 0) and then.may_earn(sender):
                self.pay("ft", f"{sender:x}", Earned(sender, True, 1, reward["amount"], at, then.block))

    def trending(self, t: Tables, key: str) -> None:
        """On a Friday, or as long after it as its scores still stand; once a week and kind."""
        if t.reward(key) is None:
            return
        newest = newest_scores(t, key)
        if newest and newest.weekday() == FRIDAY and newest < t.now.date() and self.paid_before(key, newest):
            self.week(t, key, newest)
        if t.now.weekday() == FRIDAY:
            self.week(t, key, t.now.date())

    def paid_before(self, key: str, friday: date) -> bool:
        return any(kind == key and week < friday for kind, week in self.weeks)

    def week(self, t: Tables, key: str, friday: date) -> None:
        if (key, friday) in self.weeks:
            return
        winners = best_of_week(t, key)
        if winners:
            self.weeks[key, friday] = winners
        for rank, (_, owner) in enumerate(winners, 1):
            high, low = PRIZES[key]
            self.pay(key, f"{friday}:{rank}", Earned(owner, True, 1, high if rank <= CAP else low))


def _steps(t: Tables) -> Iterator[tuple[int, tuple[bool, ...]]]:
    """Yield who can take part, and which of the seven steps of a profile they have done."""
    for user in t.users:
        mine = user["user_id"]
        follows = [f for f in t.follows if f["follower_user_id"] == mine and not f["is_delete"]]
        if user["handle_lc"] is not None and not user["is_deactivated"]:
            yield (
                mine,
                (
                    user["bio"] is not None,
                    user["name"] is not None,
                    user["profile_picture"] is not None or user["profile_picture_sizes"] is not None,
                    user["cover_photo"] is not None or user["cover_photo_sizes"] is not None,
                    len(follows) >= FOLLOWS_WANTED,
                    any(r["user_id"] == mine and not r["is_delete"] for r in t.reposts),
                    any(s["user_id"] == mine and not s["is_delete"] for s in t.saves),
                ),
            )


def _is_number(named: Any) -> bool:
    return str(named).isascii() and str(named).isdigit()


def _week(comment: dict[str, Any]) -> str:
    year, week, _ = comment["created_at"].isocalendar()
    return f"{year}{week:02}"
