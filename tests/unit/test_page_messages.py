"""The page's words are complete in every language, and the helplines are well-formed."""

import json
import re
from typing import Any

import pytest

from tests.support.template import ROOT

WEB = ROOT / "functions" / "page" / "web"
LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "ja", "pt")
FORMS = {"ar": {"zero", "one", "two", "few", "many", "other"}, "ja": {"other"}}
"""Forms that a language needs for numbers below a million; the others need `one` and `other`."""

SPELT_OUT = {"zero", "one", "two"}
"""Forms that may say their number in words."""

type Message = str | dict[str, str]


def messages(language: str) -> dict[str, Message]:
    read: dict[str, Message] = json.loads((WEB / "messages" / f"{language}.json").read_text(encoding="utf-8"))
    return read


def forms(message: Message) -> dict[str, str]:
    return {"": message} if isinstance(message, str) else message


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def source() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted((WEB / "src" / "page").rglob("*.ts")))


def helplines() -> Any:
    return json.loads((WEB / "help.json").read_text(encoding="utf-8"))


def test_there_is_a_file_for_every_language_that_the_page_offers() -> None:
    offered = re.findall(
        r'^  (\w\w): "', (WEB / "src" / "page" / "languages.ts").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(offered) == sorted(LANGUAGES)
    assert sorted(path.stem for path in (WEB / "messages").glob("*.json")) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_there_in_every_form_and_none_is_empty(language: str) -> None:
    english, read = messages("en"), messages(language)
    assert list(read) == list(english)
    for key, message in read.items():
        assert isinstance(message, str) == isinstance(english[key], str), key
        if not isinstance(message, str):
            assert set(message) == FORMS.get(language, {"one", "other"}), key
        assert all(text.strip() for text in forms(message).values()), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_the_english_message(language: str) -> None:
    english = messages("en")
    for key, message in messages(language).items():
        wanted = placeholders("".join(forms(english[key]).values()))
        for form, text in forms(message).items():
            missing = wanted - placeholders(text)
            assert placeholders(text) <= wanted, (key, form)
            assert missing <= ({"count", "most"} if form in SPELT_OUT else set()), (key, form)


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_messages_are_translated(language: str) -> None:
    english = messages("en")
    same = {key for key, message in messages(language).items() if message == english[key]}
    assert same <= {"name.video", "steps.pictures"}, same


def test_every_message_that_the_code_names_exists_and_every_one_is_named() -> None:
    named = set(re.findall(r'"([a-z]+(?:\.[a-z_]+)+)"', source()))
    plain = {key for key in messages("en") if "." not in key}
    assert named | {key for key in plain if f'"{key}"' in source()} == set(messages("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short(language: str) -> None:
    longest = 110 if language == "ja" else 190
    for key, message in messages(language).items():
        for text in forms(message).values():
            for sentence in re.split(r"(?<=[.!?。؟।])\s*", text):
                assert len(sentence) <= longest, (key, sentence)


def test_every_helpline_says_whom_it_is_for_and_how_it_is_reached() -> None:
    read = helplines()
    services = [*read["everywhere"], *(each for country in read["countries"].values() for each in country["services"])]
    purposes = {"talk_young", "talk", "remove_young", "remove_adult", "remove", "report"}
    for service in services:
        assert service.keys() <= {"name", "for", "phone", "url", "lang"}, service
        assert service["for"] in purposes, service
        assert service["name"].strip()
        assert "phone" in service or "url" in service, service
        assert re.fullmatch(r"https://[\w.-]+(/[\w./-]*)?", service.get("url", "https://there.is.one")), service
        assert re.fullmatch(r"[#\d][\d -]+", service.get("phone", "116 111")), service


def test_countries_are_named_by_their_codes_in_order_and_their_emergency_numbers_are_numbers() -> None:
    countries = helplines()["countries"]
    assert list(countries) == sorted(countries)
    for code, country in countries.items():
        assert re.fullmatch(r"[A-Z]{2}", code)
        assert country["services"], code
        assert re.fullmatch(r"\d{2,5}", country.get("emergency", "112")), code


def test_the_page_is_made_without_markup_and_keeps_nothing() -> None:
    code = source()
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "localStorage", "sessionStorage"):
        assert word not in code, word
    for word in ("indexedDB", "document.cookie", "serviceWorker", "pushState", "replaceState", ".name)", "file.name"):
        assert word not in code, word


def test_the_document_has_neither_inline_script_nor_inline_style() -> None:
    html = (WEB / "src" / "page" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|https?://", html) == []
