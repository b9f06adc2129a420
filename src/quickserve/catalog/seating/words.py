"""What findings say: per code what is the matter, and how it would be repaired.

A code without a repair is a note: nothing needs to be agreed to. The web says the same in the
reader's language from the codes and values; these are the English sentences of the API.
"""

WORDS: dict[str, tuple[str, str]] = {
    # Names and texts
    "name-missing": ("The plan has no name.", 'It is called "%(proposed)s".'),
    "section-name-missing": ("The section has no name.", 'It is called "%(proposed)s".'),
    "section-repeated": (
        'Another section is called "%(name)s".', 'This one is called "%(proposed)s".',
    ),
    "row-name-missing": ("The row has no name.", 'It is called "%(proposed)s".'),
    "row-repeated": (
        'Another row "%(name)s" of this section has the same seat numbers.',
        'This one is called "%(proposed)s".',
    ),
    "row-empty": ("The row has no seats.", "It is left out."),
    "section-empty": ("The section has no rows.", "It is left out."),
    "text-cut": ('"%(text)s…" is too long.', 'It is called "%(proposed)s".'),
    # Categories
    "category-missing": ("The seat has no category.", 'It gets "%(proposed)s".'),
    "category-unknown": ('There is no category "%(name)s".', 'It gets "%(proposed)s".'),
    "category-repeated": ('The category "%(name)s" is there twice.', "The first one counts."),
    "category-assumed": ('The file has no categories: all seats are "%(proposed)s".', ""),
    "color-invalid": ('"%(text)s" is no colour.', "The category gets %(proposed)s."),
    # Numbers and identifiers
    "number-missing": ("The seat has no number.", "It gets %(proposed)s."),
    "number-wrong": (
        "The number %(number)s does not stand between its neighbours'.", "It gets %(proposed)s.",
    ),
    "number-repeated": (
        "Another seat of the row has the number %(number)s.", "It gets %(proposed)s.",
    ),
    "seat-repeated": ("The seat is in the file twice.", "The second one is left out."),
    "id-missing": ("The seat has no identifier.", 'It gets "%(proposed)s".'),
    "id-repeated": (
        'Another seat has the identifier "%(id)s".', 'It gets "%(proposed)s".',
    ),
    "id-too-long": ("The identifier is longer than 60 characters.", 'It gets "%(proposed)s".'),
    "uuid-repeated": ("Another object has the UUID %(id)s.", "It gets a new one."),
    # Places
    "position-missing": (
        "The seat has no position that can be read.", "It is put beside its neighbours.",
    ),
    "position-invalid": (
        "The position %(x)s, %(y)s is none.", "It is put beside its neighbours.",
    ),
    "position-too-far": (
        "The position %(x)s, %(y)s is far away from the plan.", "It is put beside its neighbours.",
    ),
    "outside-plan": (
        "The position %(x)s, %(y)s is outside the plan.",
        "The plan grows to %(width)s × %(height)s.",
    ),
    "seats-overlap": (
        "The seat lies on seat %(other)s of row %(other_row)s, %(other_section)s.",
        "It is moved to %(x)s, %(y)s.",
    ),
    "row-overlaps": (
        "The seat lies on %(other)s of row %(other_row)s, %(other_section)s; so does its row.",
        "The whole row is moved to a free place: the seat to %(x)s, %(y)s.",
    ),
    "section-overlaps": (
        "The seat lies on %(other)s of row %(other_row)s, %(other_section)s; so does its section.",
        "The whole section is moved beside the others: the seat to %(x)s, %(y)s.",
    ),
    "positions-useless": (
        "The seat lies on seat %(other)s of row %(other_row)s, as most seats of the file do.",
        "The whole plan is laid out anew: the seat comes to %(x)s, %(y)s.",
    ),
    "size-invalid": ("The plan's size is none.", "It becomes %(width)s × %(height)s."),
    "laid-out": ("The file has no positions: the plan was laid out.", ""),
    # Kinds and states
    "kind-unknown": ('"%(text)s" is no kind of seat.', "It is taken as a standard seat."),
    "status-blocked": ('The file says "%(status)s": the seat is blocked.', ""),
    "gap-wrong": ("The aisle stands behind no seat of the row.", "It is left out."),
    "shape-unreadable": ("The shape cannot be read.", "It is left out."),
    "seat-unreadable": ("What stands here is no seat.", "It is left out."),
}  # fmt: skip
