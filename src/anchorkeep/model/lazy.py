"""An attribute that is worked out when it is asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Lazy(Generic[T]):
    """
    A property that is computed once for each instance, which needs a `__dict__`.

    As `functools.cached_property`, but without its lock, which Python 3.12 took out: reading a certificate takes a dozen of them.
    Two threads that ask at the same time may both compute the same value.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        """Keep the function, whose name is that of the attribute."""
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Lazy[T]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Lazy[T] | T:
        """Compute the value, and put it where Python looks before it comes here again."""
        if instance is None:
            return self
        value = self._compute(instance)
        instance.__dict__[self._name] = value
        return value
