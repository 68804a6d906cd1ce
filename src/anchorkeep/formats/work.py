"""
What opening a store may cost, counted before it is done.

One `Work` may be shared by several passwords that are tried on one store, so that guessing costs no more than it may in all.
"""

from __future__ import annotations

from anchorkeep.errors import StoreFormatError, TooMuchWorkError
from anchorkeep.formats import limits

#: What to do about a store that is slow on purpose, or by mistake.
_FEWER = "Have it written with fewer, as by `openssl pkcs12 -export -iter 10000`."


class Work:
    """What is left of the iterations and of the bytes under RC2 that may be spent."""

    __slots__ = ("_iterations", "_iterations_left", "_rc2_left")

    def __init__(self, *, iterations: int | None = None) -> None:
        """Begin with that many iterations, None for those of a whole store."""
        self._iterations = limits.MAX_TOTAL_ITERATIONS if iterations is None else iterations
        self._iterations_left = self._iterations
        self._rc2_left = limits.MAX_RC2_BYTES

    @classmethod
    def of_guesses(cls) -> Work:
        """Return what all passwords together may cost that nobody gave."""
        return cls(iterations=limits.MAX_GUESSED_ITERATIONS)

    def spend(self, iterations: int, *, times: int = 1) -> None:
        """
        Take the iterations of a derivation off what is left, so many times.

        Raises:
            TooMuchWorkError: that little is not left.
            StoreFormatError: more iterations than Java makes.
        """
        if not 0 < iterations <= limits.MAX_ITERATIONS:
            message = f"{iterations:,} iterations of a key derivation; 1 to {limits.MAX_ITERATIONS:,} are done."
            remedy = f"Java refuses such a store too. {_FEWER if iterations > 0 else ''}"
            raise StoreFormatError(message, remedy=remedy.rstrip())
        if iterations * times > self._iterations_left:
            raise TooMuchWorkError(f"The store asks for more than {self._iterations:,} iterations in all.", remedy=_FEWER)
        self._iterations_left -= iterations * times

    def spend_rc2(self, size: int) -> None:
        """Take bytes off those that may be encrypted or decrypted with RC2; a `TooMuchWorkError` where too few are left."""
        if size > self._rc2_left:
            message = f"The store has more than {limits.MAX_RC2_BYTES:,} bytes under RC2, each counted as often as it is tried."
            raise TooMuchWorkError(message, remedy="Convert the store to AES: openssl pkcs12 or keytool -importkeystore.")
        self._rc2_left -= size
