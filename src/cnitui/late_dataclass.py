"""The standard library's frozen dataclass, whose methods are compiled when they are first called.

The standard one compiles six methods when a class is defined. Under Python 3.11 that is half a millisecond for each of
the three hundred classes that are imported before the first rows are shown: a seventh of the whole start, and most of
them make no object by then. What a class means is the same: `fields`, `replace`, `asdict`, `repr`, equality, hash,
copying and `match` work as they do with the standard one, and type checkers see that one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass"]

T = TypeVar("T")
Method = Callable[..., Any]


def _frozen_dataclass(
    *, frozen: bool, slots: bool = False, kw_only: bool = False, eq: bool = True
) -> Callable[[type[T]], type[T]]:
    """As `dataclasses.dataclass` with these arguments; raises TypeError when `frozen` is not true."""
    if not frozen:
        raise TypeError("a class whose objects change is made by the standard library's dataclass")

    def made(cls: type[T]) -> type[T]:
        own = set(vars(cls))
        late = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
        for name, method in _methods(late, eq=eq).items():
            if name not in own or (name == "__hash__" and "__eq__" in own and vars(cls)[name] is None):
                setattr(late, name, method)
        return late

    return made


def _methods(cls: type[Any], *, eq: bool) -> dict[str, Method]:
    methods: dict[str, Method] = {"__init__": _late(cls, "__init__", _init), **_PLAIN}
    if eq:
        methods |= {"__eq__": _late(cls, "__eq__", _eq), "__hash__": _late(cls, "__hash__", _hash)}
    return methods


def _late(cls: type[Any], name: str, source: Callable[[type[Any]], tuple[str, dict[str, object]]]) -> Method:
    """A method that compiles the real one in its own place, and calls it."""

    def method(*args: Any, **kwargs: Any) -> Any:
        text, names = source(cls)
        exec(text, names)  # noqa: S102 - made of the names of fields, which are identifiers
        written: Method = names[name]  # type: ignore[assignment]
        written.__qualname__ = f"{cls.__qualname__}.{name}"
        setattr(cls, name, written)
        return written(*args, **kwargs)

    method.__name__ = name
    return method


def _init(cls: type[Any]) -> tuple[str, dict[str, object]]:
    """The text of `__init__`, and what it refers to."""
    names: dict[str, object] = {"_set": object.__setattr__, "_missing": MISSING}
    known = dataclasses.fields(cls)
    placed = [_parameter(field, names) for field in known if field.init and not field.kw_only]
    named = [_parameter(field, names) for field in known if field.init and field.kw_only]
    body = [f" _set(_self, {field.name!r}, {_value(field, names)})" for field in known if _is_set(field)]
    if hasattr(cls, "__post_init__"):
        body.append(" _self.__post_init__()")
    parameters = ", ".join(["_self", *placed, *(["*", *named] if named else ())])
    return "\n".join([f"def __init__({parameters}):", *(body or [" pass"])]), names


def _is_set(field: Field[Any]) -> bool:
    """One that is no parameter and has a plain default is the class's own attribute."""
    return field.init or field.default_factory is not MISSING


def _parameter(field: Field[Any], names: dict[str, object]) -> str:
    if field.default is not MISSING:
        names[f"_default_{field.name}"] = field.default
        return f"{field.name}=_default_{field.name}"
    return f"{field.name}=_missing" if field.default_factory is not MISSING else field.name


def _value(field: Field[Any], names: dict[str, object]) -> str:
    if field.default_factory is MISSING:
        return field.name
    names[f"_make_{field.name}"] = field.default_factory
    made = f"_make_{field.name}()"
    return f"{made} if {field.name} is _missing else {field.name}" if field.init else made


def _eq(cls: type[Any]) -> tuple[str, dict[str, object]]:
    compared = [field.name for field in dataclasses.fields(cls) if field.compare]
    ours, theirs = _tuple("self", compared), _tuple("other", compared)
    same = "other.__class__ is self.__class__"
    return f"def __eq__(self, other):\n return {ours} == {theirs} if {same} else NotImplemented", {}


def _hash(cls: type[Any]) -> tuple[str, dict[str, object]]:
    hashed = [field.name for field in dataclasses.fields(cls) if (field.compare if field.hash is None else field.hash)]
    return f"def __hash__(self):\n return hash({_tuple('self', hashed)})", {}


def _tuple(of: str, names: list[str]) -> str:
    return "(" + "".join(f"{of}.{name}," for name in names) + ")"


# --- what needs no text of its own ----------------------------------------------------------------------------------


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_set(_: object, name: str, __: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[object]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_PLAIN: dict[str, Method] = {
    "__repr__": _repr,
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _state,
    "__setstate__": _restore,
}

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _frozen_dataclass
