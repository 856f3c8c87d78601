"""What lies on a shelf, and what goes when there is no room."""

from dsframework.shelf import Shelf


def test_a_part_is_made_once_and_boards_are_apart():
    made = []
    shelf = Shelf()
    for _ in range(2):
        assert shelf.get("a", lambda: made.append("a") or len(made), size=10) == 1
    assert shelf.at("other").get("a", lambda: "another", size=lambda part: len(part)) == "another"
    assert made == ["a"]
    assert shelf.size == 17
    assert "a" in shelf.at("other")
    assert "b" not in shelf


def test_what_was_used_longest_ago_goes_first():
    shelf = Shelf()
    for name in "abc":
        shelf.get(name, name.upper, size=10)
    shelf.get("a", lambda: "not made again")
    shelf.trim(20)
    assert [name in shelf for name in "abc"] == [True, False, True]
    shelf.trim(0)
    assert shelf.size == 0


def test_a_part_that_can_not_be_made_is_not_there():
    shelf = Shelf()
    try:
        shelf.get("a", lambda: 1 / 0)
    except ZeroDivisionError:
        assert "a" not in shelf
    assert shelf.get("a", lambda: 1) == 1
