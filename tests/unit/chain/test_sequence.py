"""The list of a network's chains: what may be written, and what follows what."""

import pytest

from backbeat.chain.sequence import ANY_CHAIN, CHAINS_MAX, Chains, Span, check_start, only, parse
from backbeat.errors import ConfigError

THREE = ("a@1-500", "b@1-20", "c@100")


def test_chains_follow_each_other_as_they_are_written() -> None:
    chains = parse(THREE)
    assert chains == Chains((Span("a", 1, 500), Span("b", 1, 20), Span("c", 100)))
    assert chains.ids == ("a", "b", "c")
    assert [span.chain_id for span in chains.behind("a")] == ["b", "c"]
    assert [span.chain_id for span in chains.before("c")] == ["a", "b"]
    assert (chains.behind("c"), chains.before("a"), chains.behind("x"), chains.before("x")) == ((), (), (), ())
    assert chains.others("b") == {"a", "c"}
    assert (chains.span("b"), chains.span("x")) == (Span("b", 1, 20), None)


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("audius-mainnet-alpha-beta", Span("audius-mainnet-alpha-beta")),
        (" dev@7 ", Span("dev", 7)),
        ("a@b@7", Span("a@b", 7)),
        ("a@b", Span("a@b")),
        ("x@2147483647", Span("x", 2_147_483_647)),
    ],
)
def test_a_single_chain_needs_no_height(written: str, span: Span) -> None:
    assert parse([written]).spans == (span,)


def test_without_a_list_any_chain_is_followed() -> None:
    assert parse([]) == only("") == ANY_CHAIN == Chains()
    assert only("a") == parse(["a"])


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (["a", "b"], "does not say at which height 'a' ends"),
        (["a@1-5"], "behind 'a', which ends, it lists no other chain"),
        (["a@1-5", "b@1-5", "a"], "lists 'a' twice"),
        (["a@0"], "does not name heights from 1"),
        (["a@7-6", "b"], "the first one first"),
        (["a@2147483648"], "to 2147483647"),
        ([""], "'' is none"),
        (["a\tb"], "is none"),
        ([f"c{number}@1-2" for number in range(CHAINS_MAX)] + ["z"], f"lists {CHAINS_MAX + 1} chains"),
    ],
)
def test_a_list_that_cannot_be_followed_is_refused_with_the_reason(written: list[str], why: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(written)
    assert refused.value.code == "chain_ids_invalid"
    assert why in refused.value.message


@pytest.mark.parametrize("start_height", [0, 1, 499, 500])
def test_a_database_may_begin_at_any_height_of_the_first_chain(start_height: int) -> None:
    check_start(parse(THREE), start_height)
    check_start(ANY_CHAIN, start_height)


@pytest.mark.parametrize(("written", "start_height"), [(THREE, 501), (["a@10"], 9)])
def test_it_may_not_begin_elsewhere(written: tuple[str, ...], start_height: int) -> None:
    with pytest.raises(ConfigError) as refused:
        check_start(parse(written), start_height)
    assert refused.value.code == "start_height_outside"
