r"""An upper bound for the number of tokens of a text in any real tokenizer, without a vocabulary.

Language models count text in tokens, each model by a vocabulary of its own that takes megabytes. An
answer must fit the budget with any of them, so this count is an upper bound in practice: over 1,775
excerpts of 32 repositories, the tokenizers `cl100k`, `o200k`, Llama 3 and Qwen 3 count 64 or 65 %
of the bound in the median and never more than 98 %. `benchmarks/agents/tokens.py` measures this.
The constants of the bound were fitted to excerpts of the same repositories.

The count imitates byte pair encoding: common letter pairs merge into long tokens, rare ones do not;
some pairs of punctuation are one token; a repeated character takes few tokens; bytes beyond ASCII
may be a token each.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache


def _pairs(groups: str) -> frozenset[str]:
    """Return the letter pairs of a compact notation: `ylp` stands for `yl` and `yp`."""
    return frozenset(group[0] + second for group in groups.split() for second in group[1:])


_LETTER_PAIRS = _pairs(
    "abcdgilmnprstuvy baeilorsuy caehiklortu daeiors eacdeflmnpqrstvwxy faeioru gaegilr haeiort"
    " iabcdefglmnoprstvz jes keio ladeilostuy mabeilop nacdefgiklnostu obcdfgiklmnoprstuvwx"
    " padeiloprstu qu racdegikmnorstuy sacehiopstuy tabcefhilmoprstuy uabeilmnprst vaei wain xpt"
    " ylp ze"
)
"""The letter pairs that make up 95 % of the pairs in the words of source code."""

_PUNCTUATION_PAIRS = _pairs(
    '!= "#$\')*,-./:;<>[\\]_`{} $({ \'"),./;\\] (!"#$&\')./:<[\\_`{ )"\'(,-.:;<[\\]`{} *"),./ +='
    ' ,"[ -> ."$\')*/<_{ /"#\')*-.<>? :"#/ ;"< <-/> =">[ >"&\'(),./:;<= ?).: ["\':]_ \\"'
    ' ]"(),.:;[} _),.] `),.: {":} }"),.;[]`'
)
"""Pairs that are one token in each of these vocabularies."""

_PIECE = re.compile(
    r"(?P<word>[A-Z]?[a-z]+)"
    r"|(?P<capitals>[A-Z]+(?![a-z]))"
    r"|(?P<space>[ \t\r\n]+)"
    r"|(?P<punctuation>[!-/:-@\[-`{-~]+)"
    r"|(?P<foreign>[^\x00-\x7f]+)"
    r"|.",  # a digit: some vocabularies have a token for each
    re.DOTALL,
)
_RUN = re.compile(r"(.)\1*", re.DOTALL)
_PUNCTUATION = re.compile(
    f"{'|'.join(re.escape(pair) for pair in sorted(_PUNCTUATION_PAIRS))}|" + r"(.)\1*"
)
_WORD_LETTERS = 6  # letters per token in a word whose letter pairs are all common
_CAPITAL_LETTERS = 3
_SPACES = 16
_REPEATED = 4
_MARGIN = 1.1


def count_tokens(text: str) -> int:
    """Return a number of tokens that, in practice, no tokenizer exceeds for this text."""
    total = 0
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece != " ":
            total += _cost(piece, match.lastgroup)
        elif text[match.end() : match.end() + 1].isdigit():
            total += 1  # a word includes the space before it, a digit does not
    return math.ceil(total * _MARGIN)


@lru_cache(1 << 16)
def _cost(piece: str, kind: str | None) -> int:
    match kind:
        case "word":
            word = piece.lower()
            rare = sum(word[i : i + 2] not in _LETTER_PAIRS for i in range(len(word) - 1))
            return 1 + max((len(word) - 1) // _WORD_LETTERS, rare)
        case "capitals":
            return 1 + (len(piece) - 1) // _CAPITAL_LETTERS
        case "space":
            return sum(1 + len(run[0]) // _SPACES for run in _RUN.finditer(piece))
        case "punctuation":
            return sum(1 + (len(run[0]) - 1) // _REPEATED for run in _PUNCTUATION.finditer(piece))
        case "foreign":
            return len(piece.encode("utf-8", "replace"))
    return 1
