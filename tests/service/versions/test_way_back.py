"""The version to go back to: the one that was live before, whatever is damaged and whatever is pruned."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from swara.service.errors import NoSuchVersion, StoreDamaged
from swara.service.store import current_version, promote
from swara.service.store.decisions import rolled_back
from swara.service.store.lock import writer_lock
from swara.service.store.manifest import UNGATED
from swara.service.store.versions import withdraw
from swara.service.versions.info import find_version, kept_versions
from swara.service.versions.promote import make_live, prune_versions, roll_back

GATE_SAYS_NO = {**UNGATED, "promoted": False, "reasons": ["labels in place fell"]}


@pytest.fixture
def reject(lab) -> Callable[[int], str]:
    """Make a version that the gate keeps from going live."""
    return lambda value: lab.create(value, gate=GATE_SAYS_NO)


def kept(lab) -> list[str]:
    return [info.id for info in reversed(kept_versions(lab.store))]


@pytest.fixture
def stepped_over(lab) -> list[str]:
    """A, B and C went live; somebody went back from C to A; the rebuild of the night after made D."""
    versions = [lab.publish(value) for value in range(3)]
    roll_back(lab.store, versions[0])
    return [*versions, lab.publish(3)]


class TestWhichOne:
    """Not the newest, but the one that was live before."""

    def test_what_somebody_stepped_over_is_not_gone_back_to_damaged_or_lost(self, lab, stepped_over) -> None:
        first, _, left, live = stepped_over
        assert roll_back(lab.store).id == first
        with pytest.raises(NoSuchVersion, match="no sound version to go back to"):
            roll_back(lab.store)
        make_live(lab.store, live)
        lab.harm(lab.store.version(live).manifest)
        assert roll_back(lab.store).id == first
        make_live(lab.store, left)
        roll_back(lab.store, first)
        lab.store.current.unlink()
        assert roll_back(lab.store).id == first

    def test_a_promotion_is_gone_back_from_and_a_circle_ends(self, lab) -> None:
        first, second, third = (lab.publish(value) for value in range(3))
        make_live(lab.store, first)
        assert [roll_back(lab.store).id for _ in range(2)] == [third, second]
        with pytest.raises(NoSuchVersion):
            roll_back(lab.store)

    def test_what_was_promoted_against_the_gate_was_live_too(self, lab, reject) -> None:
        lab.publish(1)
        rejected = reject(2)
        assert find_version(lab.store, rejected).state == "rejected"
        make_live(lab.store, rejected)
        lab.publish(3)
        assert find_version(lab.store, rejected).state == ""
        assert roll_back(lab.store).id == rejected

    def test_where_the_one_before_is_gone_it_is_the_one_before_that(self, lab, reject) -> None:
        first, second = lab.publish(1), lab.publish(2)
        reject(3)
        lab.publish(4)
        with writer_lock(lab.store):
            withdraw(lab.store, second)
        assert roll_back(lab.store).id == first

    def test_rollbacks_of_an_older_swara_are_understood(self, lab) -> None:
        first, second, third = (lab.publish(value) for value in range(3))
        at = datetime.now(UTC).isoformat()
        old = [{"at": at, "left": third, "to": second}, {"at": at, "left": None, "to": third}]
        lab.store.rollbacks.write_text("".join(json.dumps(each) + "\n" for each in old[:1]))
        assert rolled_back(lab.store) == {third}
        with writer_lock(lab.store):
            promote(lab.store, second)
        assert roll_back(lab.store).id == first
        lab.store.rollbacks.write_text("".join(json.dumps(each) + "\n" for each in old))
        assert rolled_back(lab.store) == frozenset()


class TestCurrent:
    """It is damaged, or names nothing."""

    @pytest.fixture(params=["another", "missing", "noise"])
    def lost(self, lab, request) -> list[str]:
        """Two sound versions, and nothing that says which one is live."""
        versions = [lab.publish(1), lab.publish(2)]
        live = versions[-1]
        if request.param == "missing":
            lab.store.current.unlink()
        else:
            other = live[:-1] + ("0" if live[-1] != "0" else "1")
            lab.store.current.write_text("noise\n" if request.param == "noise" else f"{other}\n")
        return versions

    def test_a_rollback_makes_the_last_one_live(self, lab, lost) -> None:
        assert roll_back(lab.store).id == lost[-1] == current_version(lab.store)

    def test_the_list_says_so_and_nothing_is_shown_as_live(self, lab, lost, swara) -> None:
        where = ("--store", lab.store.folder)
        told = swara("versions", "list", *where)
        assert told.code == 0
        assert f"! {lab.store.current}: " in told.out
        assert "Run: swara versions rollback" in told.out
        told = swara("versions", "show", "live", *where)
        assert (told.code, told.out, told.err.count("\n")) == (1, "", 1)
        assert "CURRENT: " in told.err
        assert swara("versions", "rollback", *where).err == ""

    def test_nothing_is_pruned(self, lab, lost) -> None:
        with pytest.raises(StoreDamaged, match="CURRENT"):
            prune_versions(lab.store, 0)
        assert kept(lab) == lost


class TestTheLog:
    """A line of it cannot be read."""

    BAD = (b"x\n", b"{}\n", b'{"at": "today", "left": null, "to": null}\n')

    @pytest.mark.parametrize("line", BAD)
    def test_versions_are_listed_and_gone_back_to(self, lab, swara, line: bytes) -> None:
        first, second, third = (lab.publish(value) for value in range(3))
        where = ("--store", lab.store.folder)
        roll_back(lab.store)
        with lab.store.rollbacks.open("ab") as log:
            log.write(line)
        named = f"{lab.store.rollbacks}, line 2: "
        listed = swara("versions", "list", *where)
        assert listed.code == 0
        assert f"! {named}" in listed.out
        states = [info.state for info in reversed(kept_versions(lab.store))]
        assert states == ["", "live", "left"], "the other lines count"

        told = swara("versions", "rollback", *where)
        assert (told.code, told.out) == (0, f"Live: {first}\n")
        assert told.err.startswith(f"! {named}")
        assert "delete the line" in told.err
        for words in (("show", third), ("promote", second), ("prune",)):
            told = swara("versions", *words, *where)
            assert (told.code, told.err.count(named)) == (0, 1)

        # A rebuild must not miss what was left: it would bring it back.
        with pytest.raises(StoreDamaged, match=r"rollbacks\.jsonl, line 2"):
            rolled_back(lab.store)


class TestPruning:
    """What is removed never is the way back."""

    def test_rejected_versions_do_not_push_out_the_one_before(self, lab, reject) -> None:
        first, live = lab.publish(1), lab.publish(2)
        rejected = [reject(value) for value in range(3, 9)]
        assert prune_versions(lab.store, 5) == (rejected[0],)
        assert kept(lab) == [first, live, *rejected[1:]]
        lab.harm(lab.store.version(live).note_head)
        assert roll_back(lab.store).id == first
        assert lab.live_value() == 1

    def test_each_state_is_counted_apart(self, lab, reject) -> None:
        good = [lab.publish(value) for value in range(3)]
        corrupt_entries = [lab.publish(value) for value in (3, 4)]
        left = [lab.publish(value) for value in (5, 6)]
        for version in corrupt_entries:
            lab.harm(lab.store.version(version).note_head)
        for _ in left:
            roll_back(lab.store)
        rejected = [reject(value) for value in (7, 8)]
        assert current_version(lab.store) == good[2]
        gone = prune_versions(lab.store, 1)
        assert gone == (rejected[0], left[0], corrupt_entries[0], good[0])

    def test_the_sound_one_before_stays_where_none_is_to_be_kept(self, lab, reject) -> None:
        _, second, third = (lab.publish(value) for value in range(3))
        reject(4)
        prune_versions(lab.store, 0)
        assert kept(lab) == [second, third]
        assert prune_versions(lab.store, 0) == ()
        live = lab.publish(5)
        lab.harm(lab.store.version(third).note_head)
        prune_versions(lab.store, 0)
        assert kept(lab) == [second, live]

    def test_it_stays_where_it_is_not_among_the_newest(self, lab, stepped_over) -> None:
        first, _, left, live = stepped_over
        prune_versions(lab.store, 1)
        assert kept(lab) == [first, stepped_over[1], left, live]
        prune_versions(lab.store, 0)
        assert kept(lab) == [first, live]


def test_showing_a_damaged_version_fails_and_names_the_file(lab, swara) -> None:
    sound, live = lab.publish(1), lab.publish(2)
    lab.harm(lab.store.version(live).note_head)
    told = swara("versions", "show", "live", "--store", lab.store.folder)
    assert told.code == 1
    assert told.out.startswith(f"  {live}  live, damaged")
    assert told.err.count("\n") == 1
    assert told.err.startswith(f"swara: {lab.store.version(live).note_head}: ")
    assert swara("versions", "show", sound, "--store", lab.store.folder).code == 0
    lab.harm(lab.store.version(live).manifest)
    assert swara("versions", "show", "--store", lab.store.folder).code == 1
