"""Each class is made twice, by the standard library and late: what can be seen of the two has to be the same."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from cnitui.late_dataclass import dataclass as late_dataclass

T = TypeVar("T")
Make = Callable[..., Callable[[type[T]], type[T]]]


def _plain(make: Make[Any], **how: Any) -> Any:
    @make(frozen=True, **how)
    class Pod:
        """A pod."""

        kind: ClassVar[str] = "Pod"
        name: str
        restarts: int = 0
        labels: tuple[str, ...] = field(default=(), compare=False)
        annotations: dict[str, str] = field(default_factory=dict, hash=False)
        seen: list[str] = field(default_factory=list, init=False, repr=False, compare=False)
        secret: str = field(default="s", repr=False, kw_only=True)

    return Pod


def _derived(make: Make[Any], **how: Any) -> Any:
    @make(frozen=True, **how)
    class Base(Generic[T]):
        """A base."""

        value: T
        at: float = 0.0

        def __post_init__(self) -> None:
            object.__setattr__(self, "at", float(self.at) + 1)

    @make(frozen=True, **how)
    class Derived(Base[str]):
        """More of it."""

        more: str = "m"

        def __repr__(self) -> str:
            return f"<{self.more}>"

    return Derived


def _equal_by_name(make: Make[Any], **how: Any) -> Any:
    @make(frozen=True, **how)
    class Node:
        """Equal by its name alone."""

        name: str
        ready: bool = True

        def __eq__(self, other: object) -> bool:
            return isinstance(other, type(self)) and other.name == self.name

        def __hash__(self) -> int:
            return hash(self.name)

    return Node


CALLS = [
    (_plain, [(("a",), {}), (("a", 1), {"secret": "t"}), (("b",), {"annotations": {"k": ""}}), (("a", 0, ("x",)), {})]),
    (_derived, [(("v",), {}), (("v", 2.0, "n"), {}), ((), {"value": "v", "more": "n"})]),
    (_equal_by_name, [(("n",), {}), (("n", False), {}), (("o",), {})]),
]  # fmt: skip
WRONG: list[tuple[tuple[object, ...], dict[str, object]]] = [
    ((), {}),
    (("a",) * 9, {}),
    (("a",), {"none": 1}),
    (("a",), {"seen": []}),
]


@pytest.mark.parametrize("slots", [True, False])
@pytest.mark.parametrize(("make", "calls"), CALLS)
def test_objects_are_as_those_of_the_standard_library(make: Any, calls: list[Any], slots: bool) -> None:
    ours, theirs = make(late_dataclass, slots=slots), make(dataclass, slots=slots)
    mine, other = [[made(*one, **more) for one, more in calls] for made in (ours, theirs)]
    assert [_bare(one) for one in mine] == [_bare(one) for one in other]
    assert [[a == b for b in mine] for a in mine] == [[a == b for b in other] for a in other]
    assert [_hash_of(one) for one in mine] == [_hash_of(one) for one in other]
    assert [dataclasses.asdict(one) for one in mine] == [dataclasses.asdict(one) for one in other]
    assert [one.name for one in fields(ours)] == [one.name for one in fields(theirs)]
    assert ours.__match_args__ == theirs.__match_args__
    assert hasattr(mine[0], "__dict__") == hasattr(other[0], "__dict__") == (not slots)
    assert mine[0] != other[0]


def _bare(one: object) -> str:
    return repr(one).rpartition(".")[2]


def _hash_of(one: object) -> int | str:
    try:
        return hash(one)
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize(("args", "kwargs"), WRONG)
def test_a_wrong_call_is_refused_in_the_same_words(args: Any, kwargs: Any) -> None:
    ours, theirs = _plain(late_dataclass, slots=True), _plain(dataclass, slots=True)
    with pytest.raises(TypeError) as mine:
        ours(*args, **kwargs)
    with pytest.raises(TypeError) as other:
        theirs(*args, **kwargs)
    assert _bare_words(mine) == _bare_words(other)


def _bare_words(error: pytest.ExceptionInfo[TypeError]) -> str:
    return str(error.value).rpartition("Pod.")[2]


@pytest.mark.parametrize("slots", [True, False])
def test_nothing_can_be_set_or_deleted(slots: bool) -> None:
    one = _plain(late_dataclass, slots=slots)("a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name
    assert one.name == "a"


@pytest.mark.parametrize("slots", [True, False])
def test_replacing_checks_what_may_be_replaced(slots: bool) -> None:
    one = _plain(late_dataclass, slots=slots)("a", 3, secret="t")
    assert replace(one, name="b") == type(one)("b", 3, secret="t")
    with pytest.raises((ValueError, TypeError), match="seen"):  # the one until 3.12, the other from 3.13 on
        replace(one, seen=[])
    with pytest.raises(TypeError, match="none"):
        replace(one, none=1)


def test_each_object_gets_defaults_of_its_own() -> None:
    made = _plain(late_dataclass, slots=True)
    made("a").annotations["k"] = "v"
    assert made("a").annotations == {}
    assert made("a").seen is not made("a").seen


@late_dataclass(frozen=True, slots=True)
class Kept:
    """One that a pickle finds by its name."""

    name: str
    inner: tuple[Kept, ...] = ()


@late_dataclass(frozen=True)
class Counted:
    """One that works something out once."""

    name: str

    @cached_property
    def length(self) -> int:
        """How long the name is."""
        return len(self.name)


def test_copies_and_pickles_are_equal() -> None:
    one = Kept("a", (Kept("b"),))
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one


def test_what_is_worked_out_once_may_be_kept_beside_the_fields() -> None:
    assert Counted("abc").length == 3


def test_a_pattern_matches_by_place() -> None:
    match Kept("a"):
        case Kept(name, ()):
            assert name == "a"
        case _:
            pytest.fail("no match")


def test_a_class_that_changes_is_not_made_late() -> None:
    with pytest.raises(TypeError, match="standard library"):
        late_dataclass(frozen=False)


def test_the_methods_are_written_once() -> None:
    made = _plain(late_dataclass, slots=True)
    before = made.__init__
    made("a")
    written = made.__init__
    made("b")
    assert before is not written is made.__init__
    assert list(inspect.signature(made).parameters) == ["name", "restarts", "labels", "annotations", "secret"]


def test_defining_classes_is_cheap() -> None:
    """Counted, and not timed: how much text the definition of a class compiles."""
    program = (
        "import builtins, sys\n"
        "from {module} import dataclass\n"
        "count = 0\n"
        "def hook(event, args):\n"
        "    global count\n"
        "    count += len(args[0] or '') if event == 'compile' else 0\n"
        "sys.addaudithook(hook)\n"
        "for _ in range(10):\n"
        "    dataclass(frozen=True, slots=True)(type('X', (), {{'__annotations__': {{'a': int}}, '__doc__': 'd'}}))\n"
        "print(count)"
    )
    counts = {}
    for module in ("dataclasses", "cnitui.late_dataclass"):
        command = [sys.executable, "-c", program.format(module=module)]
        counts[module] = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert counts["cnitui.late_dataclass"] * 5 < counts["dataclasses"], counts
