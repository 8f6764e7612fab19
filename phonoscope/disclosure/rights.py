"""Which rights a use of music touches: questions for a person to answer, and no legal advice.

A table, not a judgment: it says what to ask, who usually holds the right and what to keep.
Public rules stand beside it with their source and date; they differ from country to country and
change. :data:`CHECKED` says when they were last looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

CHECKED = date(2026, 11, 21)
"""When the rules were last looked up."""
NOT_ADVICE = (
    "A check-list for people, not legal advice: rights differ from country to country, contracts "
    "go before habit, and a list never knows the case. Ask a lawyer before money or a name is at "
    "stake."
)


class Kind(StrEnum):
    """Kinds of rights, and one duty."""

    VOICE = "voice"
    NAME = "name"
    COMPOSITION = "composition"
    LYRICS = "lyrics"
    RECORDING = "recording"
    PERFORMANCE = "performance"
    TRAINING = "training"
    DISCLOSURE = "disclosure"


@dataclass(frozen=True)
class RightsRule:
    """A public rule, in our own words."""

    says: str
    where: str
    """Where it holds, e.g. ``"EU"``."""
    source: str
    """What to look up."""
    since: date
    """Since when it holds, or when it was decided or published."""


@dataclass(frozen=True)
class Right:
    """One right that a use touches, or may touch."""

    kind: Kind
    touched: str
    """``yes`` when the use itself touches it, ``perhaps`` when that depends on the case."""
    question: str
    """What a person has to answer."""
    holder: str
    """Who usually holds it."""
    evidence: str
    """What to keep."""
    rules: tuple[RightsRule, ...]


USES: Mapping[str, str] = {
    "cover": "A new recording of an existing song, sung by people",
    "cover-cloned-voice": "A cover sung by a cloned or converted voice of somebody",
    "original-cloned-voice": "A new song sung by a cloned or converted voice of somebody",
    "sped-up-copy": "An existing recording, sped up, slowed down or shifted in pitch",
    "sample": "A piece of an existing recording inside a new one",
    "remix": "An existing recording, or its stems, arranged anew",
    "in-the-style-of": "A generated song made to sound like somebody, without their voice",
    "generated-song": "A song that a generator made from a text, naming nobody",
    "training": "Recordings or songs used to train a model",
}
"""Uses that the table knows, each in words."""

_ELVIS = RightsRule(
    "A person's voice is protected as their property, also when a machine imitates it.",
    "Tennessee",
    "ELVIS Act, Tenn. Code Ann. 47-25-1103 and 47-25-1105",
    date(2024, 7, 1),
)
_REPLICA = RightsRule(
    "A contract clause for a digital replica of a performer's voice has no force unless it "
    "describes the uses reasonably and the performer was represented.",
    "California",
    "AB 2602, Labor Code 927",
    date(2025, 1, 1),
)
_ARRANGED = RightsRule(
    "A statutory licence to record a published song covers an arrangement in the performer's "
    "manner, but not one that changes the basic melody or the character of the work.",
    "United States",
    "17 U.S.C. 115(a)(2)",
    date(1978, 1, 1),
)
_SOUNDALIKE = RightsRule(
    "The right in a recording covers its very sounds; an independent recording that imitates "
    "them does not touch it.",
    "United States",
    "17 U.S.C. 114(b)",
    date(1978, 1, 1),
)
_SAMPLED = RightsRule(
    "Taking even a very short sample reproduces a part of the recording, unless the ear no longer "
    "recognises it.",
    "EU",
    "Court of Justice, C-476/17 (Pelham), ECLI:EU:C:2019:624",
    date(2019, 7, 29),
)
_PERFORMED = RightsRule(
    "Performers decide on copies of their recorded performances, are named, and may object to "
    "changes that harm their reputation.",
    "Countries of the treaty",
    "WIPO Performances and Phonograms Treaty, articles 5 and 7",
    date(2002, 5, 20),
)
_MINED = RightsRule(
    "Works that were lawfully accessed may be mined, unless their holders have reserved that; "
    "for works online, in a way that machines can read. Scientific research may mine regardless.",
    "EU",
    "Directive (EU) 2019/790, articles 3 and 4",
    date(2019, 6, 6),
)
_MARKED = RightsRule(
    "Generated sound is marked so that machines can tell, and who publishes a deep fake says that "
    "it is one.",
    "EU",
    "Regulation (EU) 2024/1689 (AI Act), article 50",
    date(2026, 8, 2),
)
_LABELLED = RightsRule(
    "Generated content carries a visible label and one in its metadata.",
    "China",
    "GB 45438-2025",
    date(2025, 9, 1),
)
_STYLE = RightsRule(
    "Copyright does not extend to an idea, procedure or method of operation, however it is "
    "expressed; the expression itself is protected.",
    "United States",
    "17 U.S.C. 102(b)",
    date(1978, 1, 1),
)

_HOLDERS: Mapping[Kind, str] = {
    Kind.VOICE: "The person whose voice it is, or their heirs; a label or agency only by contract.",
    Kind.NAME: "The person or group that is known by the name; sometimes a holder of a trade mark.",
    Kind.COMPOSITION: "The composers, usually by way of a publisher or a collecting society.",
    Kind.LYRICS: "The writers of the words, usually by way of a publisher.",
    Kind.RECORDING: "Who paid for or made the recording: often a label, sometimes the artist.",
    Kind.PERFORMANCE: "The singers and players who are heard, often by contract the label.",
    Kind.TRAINING: "The holders of each recording, song and voice that was used.",
    Kind.DISCLOSURE: "A duty of who makes the tool and of who publishes; stores add their own.",
}
_EVIDENCE: Mapping[Kind, str] = {
    Kind.VOICE: "The consent in writing: which uses, where, how long, what share, and that it may "
    "be withdrawn; record it with 'phonoscope voices CATALOGUE add'.",
    Kind.NAME: "The consent to use the name or picture; screenshots of title, cover and credits.",
    Kind.COMPOSITION: "The licence or the society's confirmation, with the work's ISWC.",
    Kind.LYRICS: "The licence; for changed or translated words the permission to do so.",
    Kind.RECORDING: "The licence with the recording's ISRC, and its hash: 'phonoscope dossier'.",
    Kind.PERFORMANCE: "Contracts or releases of the performers, with their roles.",
    Kind.TRAINING: "A list of what was used, where it came from, when, under which terms; "
    "reservations found, and how they were honoured.",
    Kind.DISCLOSURE: "The marks as written and read back: 'phonoscope label read'.",
}


def _right(kind: Kind, touched: str, question: str, *rules: RightsRule) -> Right:
    return Right(kind, touched, question, _HOLDERS[kind], _EVIDENCE[kind], rules)


_CLONED = (
    _right(
        Kind.VOICE, "yes",
        "Whose voice is it, and did that person agree to this use, here, for this long?",
        _ELVIS, _REPLICA,
    ),
    _right(
        Kind.NAME, "perhaps",
        "Do title, cover, credits or advertising use the person's name or picture, or make people "
        "believe that they took part?",
        _ELVIS,
    ),
)  # fmt: skip
_CLONE_TRAINED = _right(
    Kind.TRAINING, "yes",
    "Which recordings was the voice learnt from, and who allowed that?",
    _MINED,
)  # fmt: skip
_DECLARED = _right(
    Kind.DISCLOSURE, "yes",
    "Where it will be published, must it be marked or labelled as machine-made, and is it?",
    _MARKED, _LABELLED,
)  # fmt: skip
_COVERED = (
    _right(
        Kind.COMPOSITION,
        "yes",
        "Is the song licensed for a new recording, and does the arrangement stay within that?",
        _ARRANGED,
    ),
    _right(Kind.LYRICS, "yes", "Are the words kept as they are? If not, who allowed the change?"),
)
_NEW_SONG = (
    _right(
        Kind.COMPOSITION, "perhaps",
        "Is the music new, or does a part of it follow an existing song? Who wrote it, and did a "
        "tool's terms take or leave the rights?",
        _STYLE,
    ),
    _right(Kind.LYRICS, "perhaps", "Who or what wrote the words, and are they anybody else's?"),
)  # fmt: skip


def _of_a_recording(question: str) -> tuple[Right, ...]:
    return (
        _right(Kind.RECORDING, "yes", question, _SAMPLED, _SOUNDALIKE),
        _right(
            Kind.PERFORMANCE, "yes",
            "Did the performers give their rights to whom the licence comes from, and would the "
            "change harm their reputation?",
            _PERFORMED,
        ),
        _right(
            Kind.COMPOSITION, "yes",
            "Is the song in that recording licensed too? It is another right than the recording.",
        ),
        _right(Kind.LYRICS, "perhaps", "Are words heard in it, and are they covered?"),
        _right(
            Kind.NAME, "perhaps",
            "Is it published under the original artist's name, or one that people confuse with it?",
        ),
    )  # fmt: skip


_TABLE: Mapping[str, tuple[Right, ...]] = {
    "cover": (
        *_COVERED,
        _right(
            Kind.RECORDING, "perhaps",
            "Is every sound newly made, with nothing taken from the original recording?",
            _SOUNDALIKE,
        ),
        _right(Kind.PERFORMANCE, "yes", "Did everybody who sings and plays on it agree?",
               _PERFORMED),
    ),
    "cover-cloned-voice": (
        *_CLONED,
        *_COVERED,
        _right(
            Kind.RECORDING, "perhaps",
            "Was the original recording put through the conversion, or its accompaniment used?",
            _SAMPLED, _SOUNDALIKE,
        ),
        _right(
            Kind.PERFORMANCE, "yes",
            "Who sang what was converted, and did that singer agree?",
            _PERFORMED,
        ),
        _CLONE_TRAINED,
        _DECLARED,
    ),
    "original-cloned-voice": (
        *_CLONED,
        *_NEW_SONG,
        _right(
            Kind.PERFORMANCE, "perhaps",
            "Did somebody sing what was converted, and did that singer agree?",
            _PERFORMED,
        ),
        _CLONE_TRAINED,
        _DECLARED,
    ),
    "sped-up-copy": _of_a_recording(
        "Did the holder of the recording allow altered copies? Changing speed or pitch makes no "
        "new recording.",
    ),
    "sample": _of_a_recording(
        "Is the piece licensed, however short? If not, can the ear still recognise it?",
    ),
    "remix": _of_a_recording(
        "Did the holder of the recording allow a remix, and who holds the result?",
    ),
    "in-the-style-of": (
        _right(
            Kind.VOICE, "perhaps",
            "Would people who know the artist take the singing for theirs?",
            _ELVIS,
        ),
        _right(
            Kind.NAME, "perhaps",
            "Does the title, a tag, a playlist or advertising name the artist?",
            _ELVIS,
        ),
        *_NEW_SONG,
        _right(
            Kind.RECORDING, "perhaps",
            "Was a recording of theirs put in as a reference, or is a piece of one heard?",
            _SAMPLED, _SOUNDALIKE,
        ),
        _right(
            Kind.TRAINING, "perhaps",
            "Was a model tuned on that artist's recordings, and who allowed that?",
            _MINED,
        ),
        _DECLARED,
    ),
    "generated-song": (
        *_NEW_SONG,
        _right(
            Kind.RECORDING, "perhaps",
            "Is a piece of an existing recording heard? 'phonoscope find --passages' looks.",
            _SAMPLED,
        ),
        _right(
            Kind.TRAINING, "perhaps",
            "What does the tool's maker say of what it was trained on, and who stands in for it?",
            _MINED,
        ),
        _DECLARED,
    ),
    "training": (
        _right(
            Kind.TRAINING, "yes",
            "Was everything lawfully accessed, and has no holder reserved mining?",
            _MINED,
        ),
        _right(
            Kind.RECORDING, "yes",
            "Are recordings copied for it, and is that licensed or excepted where it happens?",
        ),
        _right(Kind.COMPOSITION, "yes", "Are the songs in them licensed or excepted too?"),
        _right(Kind.LYRICS, "yes", "Are words transcribed or learnt, and may they come out again?"),
        _right(
            Kind.PERFORMANCE, "yes", "Do performers' contracts cover it?", _PERFORMED
        ),
        _right(
            Kind.VOICE, "perhaps",
            "Can the model sing with a voice that people recognise?",
            _ELVIS, _REPLICA,
        ),
        _right(Kind.NAME, "perhaps", "Can a prompt call for an artist by name?", _ELVIS),
    ),
}  # fmt: skip


def rights_of(use: str) -> tuple[Right, ...]:
    """Return the rights that a use touches, those that it surely touches first.

    Parameters
    ----------
    use
        One of :data:`USES`.

    Raises
    ------
    ValueError
        When the table does not know that use.
    """
    if use not in _TABLE:
        raise ValueError(f"the table of rights knows {', '.join(USES)}, not {use!r}")
    return tuple(sorted(_TABLE[use], key=lambda right: right.touched != "yes"))
