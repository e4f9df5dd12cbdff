import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.models.event_stream import EventStream


def read(*pieces: bytes) -> list[tuple[str, str]]:
    stream = EventStream()
    return [event for piece in pieces for event in stream.feed(piece)]


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"data: a\n\n", [("", "a")]),
        (b"data:a\n\n", [("", "a")]),
        (b"data:  a\n\n", [("", " a")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [("", "a"), ("", "b")]),
        (b"data: a\r\rdata: b\r\rx", [("", "a"), ("", "b")]),
        (b"event: e\ndata: a\n\ndata: b\n\n", [("e", "a"), ("", "b")]),
        (b"data: a\ndata: b\n\n", [("", "a\nb")]),
        (b": a comment\n\nid: 1\nretry: 5\nunknown\ndata: a\n\n", [("", "a")]),
        (b"data\n\n", [("", "")]),
        (b"event: e\n\n", []),
        (b"\n\n\n", []),
        (b"\xef\xbb\xbfdata: a\n\n", [("", "a")]),
        ("data: ü€\u2028\x85x\n\n".encode(), [("", "ü€\u2028\x85x")]),
        # Half an event is none.
        (b"data: a", []),
        (b"data: a\n", []),
        (b"data: a\n\ndata: b\n", [("", "a")]),
    ],
)
def test_events(data: bytes, events: list[tuple[str, str]]) -> None:
    assert read(data) == events
    assert read(*(data[n : n + 1] for n in range(len(data)))) == events


@given(
    st.lists(
        st.sampled_from([b"data: x", b"event: e", b"\n", b"\r\n", b"\r", b": c", b"\xc3\xa4"])
    ),
    st.lists(st.integers(1, 40)),
)
def test_however_it_is_cut(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts) + b"\n\n"
    pieces, rest = [], data
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    assert read(*pieces, rest) == read(data)


def test_what_is_no_utf8_is_no_event() -> None:
    with pytest.raises(UnicodeDecodeError):
        read(b"data: \xff\n\n")


def test_a_long_line_in_small_pieces_costs_no_more_than_its_length() -> None:
    # Joined once: with a join for each piece, this would copy 40 GB.
    pieces = [b"x" * 1000] * 9000
    (event,) = read(b"data: ", *pieces, b"\n\n")
    assert len(event[1]) == 9_000_000
