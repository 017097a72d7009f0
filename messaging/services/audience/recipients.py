"""Reading an audience: everyone who was chosen, merged to one entry a number, with a letter.

It is read in order of the numbers, in pieces, so that a million recipients take no more memory than
five thousand and a prepared campaign can go on where it stopped.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from contacts.models import Contact
from contacts.phone import Operator, format_mobile, operator_of
from messaging.models import Campaign, LeftOutReason
from messaging.services.audience import repeats
from messaging.services.audience.addressees import (
    NOBODY,
    Addressee,
    AudiencePiece,
    Candidate,
    Question,
)
from messaging.services.audience.choice import (
    Audience,
    Omission,
    check,
    merged,
    omitted_rows,
    read_pasted,
    rows_of,
)
from messaging.services.audience.letters import Letter, Unwritable, Writer
from messaging.services.audience.opt_outs import Barred, must_not_be_texted
from sociair_portal.common.any_of import AnyOf
from sociair_portal.common.numbers import masked
from sociair_portal.common.sentences import noted


class Reader:
    """Reads an audience piece by piece. A piece raises `GroupGone` if what was chosen is gone."""

    def __init__(
        self,
        audience: Audience,
        rates: Mapping[Operator, Decimal],
        writer: Writer,
        *,
        campaign: Campaign | None = None,
    ) -> None:
        self._pasted = read_pasted(audience.numbers)
        self._numbers = frozenset(self._pasted.mobiles)
        self._rates = rates
        self._audience = audience
        self._preferred = frozenset(audience.preferred)
        self._chosen = rows_of(audience)
        self._writer = writer
        self._campaign = campaign

    def pieces(self, *, after: str = "", size: int = 5000) -> Iterator[AudiencePiece]:
        """All pieces after a number, of `size` numbers each."""
        while True:
            piece = self.piece(after=after, size=size)
            yield piece
            if piece.is_last:
                return
            after = piece.up_to

    def piece(
        self, *, after: str = "", size: int = 5000, unreadable: bool = True, repeated: bool = False
    ) -> AudiencePiece:
        """The next `size` different numbers after a number; the first holds what is unreadable, if
        that is wanted. With `repeated`, who got the same text is still among the people.
        """
        entries = self._entries(after, size)
        # After reading: an excluded group that was deleted before that would take out nobody.
        check(self._audience)
        mobiles = sorted(entries)[:size]
        piece = AudiencePiece(is_last=len(entries) <= size, up_to=mobiles[-1] if mobiles else after)
        if not after and unreadable:
            piece.omissions += self._pasted.omissions
            piece.omissions += omitted_rows(self._audience)
        self._fill(piece, mobiles, entries)
        if not repeated:
            self.leave_out_repeated(piece)
        return piece

    def piece_of(self, mobiles: Collection[str]) -> AudiencePiece:
        """What becomes of some numbers, as far as they are chosen."""
        entries = _candidates(self._chosen, mobiles)
        self._add_pasted(entries, [each for each in self._pasted.mobiles if each in mobiles])
        check(self._audience)
        piece = AudiencePiece()
        self._fill(piece, sorted(entries), entries)
        self.leave_out_repeated(piece)
        return piece

    def _fill(
        self, piece: AudiencePiece, mobiles: list[str], entries: dict[str, list[Candidate]]
    ) -> None:
        barred = must_not_be_texted(mobiles)
        for mobile in mobiles:
            self._sort(piece, mobile, entries[mobile], barred.get(mobile))

    def leave_out_repeated(self, piece: AudiencePiece) -> None:
        """Leave out who got the same text a short while ago. Others send between two pieces."""
        repeats.leave_out(piece, besides=self._campaign, again=self._audience.again)

    def _entries(self, after: str, size: int) -> dict[str, list[Candidate]]:
        """Who is meant by at least `size + 1` numbers after one, if there are so many.

        A family of many on one number must not be cut, so the last number is read to its end.
        """
        found: dict[str, list[Candidate]] = {}
        for mobile, candidate in self._rows(after, size):
            if mobile in found:
                found[mobile].append(candidate)
            elif len(found) > size:
                break
            else:
                found[mobile] = [candidate]
        pasted = [mobile for mobile in self._pasted.mobiles if mobile > after]
        self._add_pasted(found, pasted, known=size + 1)
        return found

    def _add_pasted(
        self, found: dict[str, list[Candidate]], pasted: list[str], known: int | None = None
    ) -> None:
        """Add pasted numbers, the first ones (all, without `known`) with the contacts they have."""
        # A personal text needs their names and values.
        is_personal = bool(pasted) and self._writer.is_personal
        people = _candidates(Contact.objects.all(), pasted[:known]) if is_personal else {}
        for mobile in pasted:
            found.setdefault(mobile, people.get(mobile, []))

    def _rows(self, after: str, size: int) -> Iterator[tuple[str, Candidate]]:
        """Candidates in order of their numbers, some at a time.

        Without a limit PostgreSQL would sort everyone who is left, for every piece.
        """
        # Decoded all at once: a field of a model would decode one after the other.
        raw = Cast("fields", TextField()) if self._writer.reads_fields else Value("null")
        rows = self._chosen.order_by("mobile", "id").values_list("mobile", "id", "name", raw)
        beyond = Q(mobile__gt=after)
        while some := list(rows.filter(beyond)[: size + 100]):
            fields = json.loads(f"[{','.join([row[3] for row in some])}]")
            for (mobile, pk, name, _raw), found in zip(some, fields, strict=True):
                yield mobile, Candidate(pk, name, found)
            mobile, pk, *_rest = some[-1]
            beyond = Q(mobile__gte=mobile) & (Q(mobile__gt=mobile) | Q(id__gt=pk))

    def _sort(
        self, piece: AudiencePiece, mobile: str, candidates: list[Candidate], barred: Barred | None
    ) -> None:
        operator = operator_of(mobile)
        if barred is not None and barred.is_forgotten:  # neither name nor number is written down
            reason = LeftOutReason.OPTED_OUT
            piece.omissions.append(Omission(masked(mobile), reason, barred.words, mobile))
        elif barred is not None:
            self._leave_out(piece, mobile, candidates, LeftOutReason.OPTED_OUT, barred.words)
        elif operator not in self._rates:
            words = noted("Sociair has no rate for this operator.")
            self._leave_out(piece, mobile, candidates, LeftOutReason.NO_RATE, words)
        elif len(candidates) < 2 or not self._writer.is_personal:
            self._write(piece, mobile, operator, candidates)
        else:
            self._choose(piece, mobile, operator, candidates)

    def _write(
        self, piece: AudiencePiece, mobile: str, operator: Operator, candidates: list[Candidate]
    ) -> None:
        """Write one letter: all the candidates would get the same."""
        first = candidates[0] if candidates else NOBODY
        try:
            letter = self._writer.write(mobile, first.name, first.fields)
        except Unwritable as unwritable:
            self._unwritten(piece, mobile, candidates, unwritable)
            return
        if len(candidates) < 2 and mobile not in self._numbers:  # as most are
            contact = None if self._audience.table else first.pk  # a row of a table is no contact
            piece.people.append(
                Addressee(mobile, operator, letter.text, letter.parts, first.name, contact)
            )
        else:
            self._address(piece, mobile, operator, candidates, letter)

    def _choose(
        self, piece: AudiencePiece, mobile: str, operator: Operator, candidates: list[Candidate]
    ) -> None:
        """One number, and several people whose letters may differ.

        Where someone said whose message it is, it is nobody else's, even if it cannot be written.
        """
        chosen = [candidate for candidate in candidates if candidate.pk in self._preferred]
        others = [candidate for candidate in candidates if chosen and candidate not in chosen]
        letters: list[tuple[Candidate, Letter]] = []
        for candidate in chosen or candidates:
            try:
                letter = self._writer.write(mobile, candidate.name, candidate.fields)
                letters.append((candidate, letter))
            except Unwritable as unwritable:
                self._unwritten(piece, mobile, [candidate], unwritable)
        if not letters:
            said = noted(
                "%(name)s was chosen for this number, but that message cannot be completed.",
                name=chosen[0].name,
            )
            for other in others:
                entry = f"{other.name} {format_mobile(mobile)}"
                piece.omissions.append(Omission(entry[:200], LeftOutReason.SHARED, said, mobile))
            return
        are_alike = len({letter.text for _candidate, letter in letters}) == 1
        if are_alike or chosen or self._audience.first:
            first, letter = letters[0]
            others += [candidate for candidate, _letter in letters[1:]]
            self._address(piece, mobile, operator, [first, *others], letter)
            return
        texts = tuple((candidate, letter.text) for candidate, letter in letters)
        piece.questions.append(Question(mobile, texts))
        names = ", ".join(candidate.name for candidate, _letter in letters)
        words = noted("Several people share this number, and no one chose who gets the message.")
        entry = f"{names} {format_mobile(mobile)}"[:200]
        piece.omissions.append(Omission(entry, LeftOutReason.SHARED, words, mobile))

    def _address(
        self,
        piece: AudiencePiece,
        mobile: str,
        operator: Operator,
        candidates: list[Candidate],
        letter: Letter,
    ) -> None:
        first = candidates[0] if candidates else NOBODY
        others = tuple([candidate.name for candidate in candidates[1:]])
        known = None if self._audience.table else first.pk  # a row of a table is no contact
        piece.people.append(
            Addressee(mobile, operator, letter.text, letter.parts, first.name, known, others)
        )
        if others or mobile in self._numbers:
            piece.omissions += self._shared(mobile, first.name, candidates[1:])

    def _unwritten(
        self, piece: AudiencePiece, mobile: str, candidates: list[Candidate], unwritable: Unwritable
    ) -> None:
        if unwritable.missing:
            piece.missing[unwritable.missing] += 1
        reason = LeftOutReason.MISSING if unwritable.missing else LeftOutReason.TEXT
        self._leave_out(piece, mobile, candidates, reason, str(unwritable))

    def _leave_out(
        self,
        piece: AudiencePiece,
        mobile: str,
        candidates: list[Candidate],
        reason: LeftOutReason,
        words: str,
    ) -> None:
        """Leave out everyone who has a number, and the number itself if it was entered."""
        shown = format_mobile(mobile)
        entries = [f"{candidate.name} {shown}"[:200] for candidate in candidates]
        if mobile in self._numbers and not (candidates and self._writer.is_personal):
            entries.append(shown)
        piece.omissions += [Omission(entry, reason, words, mobile) for entry in entries]

    def _shared(self, mobile: str, name: str, others: list[Candidate]) -> Iterator[Omission]:
        """The other people of a number that gets one message."""
        shown = format_mobile(mobile)
        words = noted("Shares a number with %(name)s. Each number gets one message.", name=name)
        yield from (merged(f"{other.name} {shown}", words, mobile) for other in others)
        if name and mobile in self._numbers and not self._writer.is_personal:
            words = noted(
                "The number of %(name)s, already chosen. Each number gets one message.", name=name
            )
            yield merged(shown, words, mobile)


def _candidates(rows: QuerySet[Any], mobiles: Collection[str]) -> dict[str, list[Candidate]]:
    """Those of the rows that have one of the numbers, by their number."""
    found: dict[str, list[Candidate]] = {}
    some = rows.filter(AnyOf("mobile", mobiles)).order_by("mobile", "id")
    for mobile, pk, name, fields in some.values_list("mobile", "id", "name", "fields"):
        found.setdefault(mobile, []).append(Candidate(pk, name, fields))
    return found
