"""Canonical forms of identifiers that people copy, and removal of invisible characters from texts.

Tracking numbers, carriers and order numbers are pasted from mails, labels and spreadsheets, which insert invisible
characters or use other hyphens. Two of them are the same if they are equal as given or in ``canonical`` form; stored,
shown and published is the value as given ([DOM-6]).

Sources, all of the Unicode Standard: NFKC_Casefold (chapter 3.13, R5); Default_Ignorable_Code_Point
(DerivedCoreProperties.txt); the general category Cf (UnicodeData.txt); Dash and White_Space (PropList.txt);
joiners (chapter 23.2), variation sequences (chapter 23.4, emoji-variation-sequences.txt, UTS 37).
The properties stand here as they are in Unicode 16, so that they don't depend on the interpreter; foldings and
decompositions are the interpreter's own. Those of a character never change once it is assigned (the stability policy),
so that two interpreters differ in characters only that one of them doesn't know yet.
"""

import re
import unicodedata

_UNSEEN = re.compile(
    # Default_Ignorable_Code_Point, unassigned ones included.
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    # What else is of the category Cf.
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f]+"
)
_HYPHENS = re.compile(
    # Dash, and the modifier letter minus and the hyphen bullet, which look the same.
    "[\u02d7\u058a\u05be\u1400\u1806\u2010-\u2015\u2043\u2053\u207b\u208b\u2212\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u2e5d"
    "\u301c\u3030\u30a0\ufe31\ufe32\ufe58\ufe63\uff0d\U00010d6e\U00010ead]"
)
_SPACES = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]+")
"""White_Space, and the Braille pattern of no dots."""


def canonical(text: str) -> str:
    """Returns the form in which copied identifiers are compared; ``""`` if nothing in it is visible.

    NFKC_Casefold, without format characters, every hyphen as ``-``, spaces in a row as one blank, none around.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFD", _UNSEEN.sub("", text))
        # Twice: folded characters can decompose, and decomposed ones can fold, such as capital letters in squares.
        for _ in range(2):
            text = unicodedata.normalize("NFKC", text.casefold())
        text = _HYPHENS.sub("-", _UNSEEN.sub("", text))
    return _SPACES.sub(" ", text).strip(" ").casefold()


def is_same(one: str, other: str) -> bool:
    """Compares two copied identifiers; one without visible characters equals only itself."""
    return one == other or canonical(one) == canonical(other) != ""


_SHAPED = (
    # Scripts whose letters join or stack: Arabic, those of India, Tibetan, Myanmar, Khmer, Mongolian and others.
    "\u0600-\u0dff\u0f00-\u109f\u1700-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff"
    "\U0001e900-\U0001e95f"
    # Emoji, with the selector and the skin tones that can stand before a joiner.
    "\u00a9\u00ae\u203c-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"
)
_VARYING = (
    "\u00a9\u00ae\u1000-\u109f\u203c-\u2bff\u3000-\u9fff\ua840-\ua87f\uf900-\ufaff"
    "\U00010ac0-\U00010aff\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1a20-\u1aaf\ua9e0-\uaadf"
_JAMO = "\u1100-\u115e\u1161-\u11ff\ua960-\ua97f\ud7b0-\ud7ff"
_LETTER = r"[^\W\d_]"
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_MARKS_OF_DIRECTION = re.compile("[\u061c\u200e\u200f]+")

_MAY_BE_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0080-\U000e0fff]"
)
_NOTHING_ANYWHERE = re.compile(
    "[\u034f\u17b4\u17b5\u2060-\u2065\u206a-\u206f\u3164\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0080-\U000e00ff\U000e01f0-\U000e0fff]+"
)
_NOTHING_HERE = (
    # Variation selectors behind characters without variants; a keycap's is between the digit and the cap.
    re.compile(f"(?<![{_VARYING}#*0-9])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"),
    re.compile("(?<=[#*0-9])(?:[\ufe00-\ufe0e\U000e0100-\U000e01ef]|\ufe0f(?!\u20e3))"),
    re.compile("(?<![\u1800-\u180a\u1810-\u18af])[\u180b-\u180f]"),
    re.compile(f"(?<![{_JAMO}])[\u115f\u1160](?![{_JAMO}])"),
    # A soft hyphen marks a possible line break within a word, a zero-width space one between two words.
    re.compile(f"(?<!{_LETTER})\u00ad|\u00ad(?!{_LETTER})"),
    re.compile(f"(?<![{_UNSPACED}])\u200b|\u200b(?![{_UNSPACED}])"),
    re.compile(f"(?<![{_SHAPED}])[\u200c\u200d](?![{_SHAPED}])"),
)


def visible(text: str) -> str:
    """Removes invisible characters from a free text and normalises it to NFC.

    Keeps characters that change how others look: joiners in scripts that join and in emoji, selectors of existing
    variants, direction marks in a text with right-to-left letters, soft hyphens within words, and zero-width spaces in
    scripts that write none between words. Direction overrides, tags and byte order marks are left for validation to
    reject by name.
    """
    if not text.isascii() and _MAY_BE_UNSEEN.search(text):
        text = _NOTHING_ANYWHERE.sub("", text)
        if not _RIGHT_TO_LEFT.search(text):
            text = _MARKS_OF_DIRECTION.sub("", text)
        for nothing in _NOTHING_HERE:
            text = nothing.sub("", text)
    return unicodedata.normalize("NFC", text)
