"""What a file is, by reading it: lengths, sizes, and files that are not what they say."""

from __future__ import annotations

import struct
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.asset_files import MP3, WAV, XML, gif, jpeg, png
from tests.speech.sounds import sound_file

from cordboard.domain.assets.images import WIDEST, BadImageError, check_image
from cordboard.domain.assets.inspection import Facts, inspect
from cordboard.domain.assets.models import LARGEST, NewFile
from cordboard.infra.speech.audio import silence, to_wav
from cordboard.kit.errors import InvalidInputError, PayloadTooLargeError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For files to be read."""
    return tmp_path


def read(
    folder: Path, data: bytes, asset_type: str, name: str = "name", *, filename: str = "", content_type: str = ""
) -> Facts:
    """What the file comes to."""
    path = folder / "file"
    path.write_bytes(data)
    file = NewFile(path=path, size=len(data), filename=filename, content_type=content_type)
    return inspect(file, asset_type, name)


@pytest.mark.parametrize(
    ("data", "asset_type", "facts", "mime_type"),
    [
        (WAV, "audio", Facts("wav", 2), "audio/wave"),
        (MP3, "audio", Facts("mp3", 3), "audio/mpeg"),
        (sound_file("wav", "pcm_mulaw", seconds=1.6), "audio", Facts("wav", 2), "audio/wave"),
        (
            sound_file("wav", "pcm_s16le", rate=44_100, layout="stereo", seconds=0.2),
            "audio",
            Facts("wav", 0),
            "audio/wave",
        ),
        (png(), "mms-image", Facts("png", 0), "image/png"),
        (gif(), "meme-image", Facts("gif", 0), "image/gif"),
        (jpeg(), "mms-image", Facts("jpg", 0), "image/jpeg"),
        (XML, "inboundxml", Facts("xml", 0), "application/xml"),
        (b"\xef\xbb\xbf  " + b"<Response/>", "inboundxml", Facts("xml", 0), "application/xml"),
    ],
)
def test_files_are_what_they_hold(folder: Path, data: bytes, asset_type: str, facts: Facts, mime_type: str) -> None:
    found = read(folder, data, asset_type)

    assert found == facts
    assert found.mime_type == mime_type


def test_the_length_is_that_of_the_sound_and_not_what_the_head_says(folder: Path) -> None:
    lying = bytearray(WAV)
    place = lying.index(b"data") + 4
    lying[place : place + 4] = struct.pack("<I", 2**31)

    assert read(folder, bytes(lying), "audio").seconds == 2


@pytest.mark.parametrize(
    ("data", "asset_type", "problem"),
    [
        (b"", "audio", "is empty; audio takes WAV audio or MP3 audio"),
        (png(), "audio", "is a PNG image; audio takes WAV audio or MP3 audio"),
        (WAV, "mms-image", "is WAV audio; mms-image takes a PNG image or a GIF image or a JPEG image"),
        (XML, "meme-image", "is XML; meme-image takes a PNG image or a GIF image or a JPEG image"),
        (MP3, "inboundxml", "is MP3 audio; inboundxml takes XML"),
        (b"%PDF-1.7", "mms-image", "is a PDF document; mms-image takes"),
        (b"PK\x03\x04", "inboundxml", "is a ZIP archive; inboundxml takes XML"),
        (b"\0\0\0\x20ftypM4A ", "audio", "is an MP4 or M4A file; audio takes"),
        (b"OggS\0", "audio", "is Ogg audio; audio takes"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "mms-image", "is a WebP image; mms-image takes"),
        (b"MZ\x90", "audio", "is of an unknown kind; audio takes"),
        (to_wav(silence(0)), "audio", "holds no sound"),
        (WAV[:44], "audio", "cannot be decoded as wav"),
        (b"ID3" + b"\0" * 2000, "audio", "cannot be decoded as mp3"),
        (b"RIFF\x24\0\0\0WAVEnonsense and more of it", "audio", "cannot be decoded as wav"),
        (png()[:-1], "mms-image", "ends before its end"),
        (png().replace(b"IDATx", b"IDATy"), "mms-image", "is broken: a checksum is wrong"),
        (png(WIDEST + 1, 1), "mms-image", "has 10001 x 1 pixels; at most 10000 on a side and 50 million in all"),
        (png(9000, 9000), "mms-image", "has 9000 x 9000 pixels"),
        (png(0, 7), "mms-image", "has no pixels"),
        (gif(65_535, 65_535), "mms-image", "has 65535 x 65535 pixels"),
        (gif()[:-1], "mms-image", "ends before its end"),
        (jpeg(60_000, 60_000), "mms-image", "has 60000 x 60000 pixels"),
        (jpeg()[:-2], "mms-image", "ends before its end"),
        (b"\xff\xd8\xff\xda\0\0\xff\xd9", "mms-image", "is broken: it has no frame"),
        (b"<Response><Say>", "inboundxml", "is no InboundXML: no element found at line 1, column 16"),
        (b"<html/>", "inboundxml", "is no InboundXML: the root element is <html>; it must be <Response>"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><Response/>", "inboundxml", "is no InboundXML: document types and entities"),
        (b"<Response><Say>Gr\xfc\xdfe</Say></Response>", "inboundxml", "is not UTF-8"),
    ],
)
def test_what_is_something_else_is_refused_by_what_it_is(
    folder: Path, data: bytes, asset_type: str, problem: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(folder, data, asset_type)

    (error,) = refused.value.errors
    assert error.field == "file"
    assert error.problem.startswith(problem)


@pytest.mark.parametrize(
    ("names", "field", "problem"),
    [
        ({"name": "a.mp3"}, "name", "ends in .mp3, and the file is WAV audio: end it in .wav"),
        ({"name": "a.PNG"}, "name", "ends in .png, and the file is WAV audio: end it in .wav"),
        ({"filename": "a.jpeg"}, "file", "ends in .jpeg, and the file is WAV audio: end it in .wav"),
        ({"content_type": "Audio/MPEG; x=y"}, "file", "is sent as audio/mpeg, and is WAV audio"),
    ],
)
def test_names_and_claims_that_lie_are_refused(folder: Path, names: dict[str, str], field: str, problem: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(folder, WAV, "audio", **names)

    (error,) = refused.value.errors
    assert (error.field, error.problem) == (field, problem)


@pytest.mark.parametrize("name", ["a", "a.b", "a.wave", "v1.2", "a.WAV", "wav", ".wav"])
@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "audio/x-wav", "text/plain"])
def test_names_and_claims_that_do_not_lie_are_taken(folder: Path, name: str, content_type: str) -> None:
    assert read(folder, WAV, "audio", name, filename=name, content_type=content_type).form == "wav"


@pytest.mark.parametrize("asset_type", LARGEST)
def test_each_type_has_its_limit(folder: Path, asset_type: str) -> None:
    path = folder / "absent"
    file = NewFile(path=path, size=LARGEST[asset_type] + 1, filename="", content_type="")

    with pytest.raises(PayloadTooLargeError, match=f"{asset_type} may have {LARGEST[asset_type]} bytes"):
        inspect(file, asset_type, "name")


@given(st.sampled_from([("png", png()), ("gif", gif()), ("jpg", jpeg())]), st.data())
def test_broken_images_are_refused_and_break_nothing(image: tuple[str, bytes], data: st.DataObject) -> None:
    form, whole = image
    cut = data.draw(st.integers(0, len(whole)))
    noise = data.draw(st.binary(max_size=40))
    with suppress(BadImageError):
        check_image(whole[:cut] + noise + whole[cut + len(noise) :], form)


@given(st.sampled_from([WAV[:4000], MP3[:4000]]), st.data())
def test_broken_sounds_are_refused_and_break_nothing(sound: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, 300))
    noise = data.draw(st.binary(max_size=60))
    with tempfile.TemporaryDirectory() as folder, suppress(InvalidInputError):
        found = read(Path(folder), sound[:place] + noise + sound[place + len(noise) :], "audio")
        assert found.seconds < 10
