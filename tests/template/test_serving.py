"""With ServeOnlyClean nothing is read but what was found clean, and nobody can say so but the functions."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.policy import Request, bucket_arn, denied_by, resolved, role_arn
from tests.support.template import ACCOUNT, Json, raw, resources

OBJECT = f"{bucket_arn('UploadBucket')}/holiday.jpg"
STATUS = "unspread-status"
REVIEWER = f"arn:aws:iam::{ACCOUNT}:role/team/Reviewer"
TAGGER = f"arn:aws:iam::{ACCOUNT}:role/Antivirus"
OWNER = f"arn:aws:iam::{ACCOUNT}:user/owner"
OTHERS = [OWNER, f"arn:aws:iam::{ACCOUNT}:root", role_arn("SubmitRole"), None]
ROLES = ("ScanRole", "SweepRole", "ReconcileRole", "ReviewRole", "RetainRole")
FUNCTIONS = [role_arn(name) for name in ROLES]
KNOWS_TAGS = ["GetObject", "GetObjectVersion", "GetObjectAttributes", "GetObjectVersionAttributes"]
KNOWS_NO_TAGS = ["GetObjectTorrent", "GetObjectVersionTorrent", "GetObjectVersionForReplication"]
VERDICTS = ["clean", "suspect", "match", "error", "unsupported"]
TAGGING = ["PutObjectTagging", "PutObjectVersionTagging"]
each_reading = pytest.mark.parametrize("action", KNOWS_TAGS)
anybody_else = pytest.mark.parametrize("who", OTHERS)

type Tags = dict[str, str]


def policy(mode: str = "true", **parameters: str) -> Json:
    document: Json = resolved("UploadBucketPolicy", "PolicyDocument", ServeOnlyClean=mode, **parameters)
    return document


POLICY = policy()
WITH_PEOPLE = policy(ReviewerArns=f"{REVIEWER},{OWNER}2", TaggerArns=TAGGER)


def request(who: str | None, action: str, existing: Tags | None = None, wanted: Tags | None = None) -> Request:
    """Make a request; of existing and requested tags it says what S3 tells the policy for that action."""
    context: dict[str, str | tuple[str, ...]] = {"aws:SecureTransport": "true"}
    if who:
        context["aws:PrincipalArn"] = who
    if action not in [*KNOWS_NO_TAGS, "PutObject", "ReplicateTags"]:
        context |= {f"s3:ExistingObjectTag/{name}": value for name, value in (existing or {}).items()}
    if wanted:
        context |= {f"s3:RequestObjectTag/{name}": value for name, value in wanted.items()}
        context["s3:RequestObjectTagKeys"] = tuple(wanted)
    return Request(f"s3:{action}", OBJECT, context)


def allowed(asked: Request, document: Json = POLICY) -> bool:
    return not denied_by(document, asked)


@each_reading
@anybody_else
def test_clean_objects_are_served_to_anybody(who: str | None, action: str) -> None:
    assert allowed(request(who, action, {STATUS: "clean", "album": "summer"}))


@each_reading
@anybody_else
@pytest.mark.parametrize(
    "tags",
    [{}, {"album": "clean"}, *({STATUS: verdict} for verdict in [*VERDICTS[1:], "", "Clean", "clean "])],
    ids=str,
)
def test_nothing_else_is_served_by_key_or_by_version(who: str | None, action: str, tags: Tags) -> None:
    assert not allowed(request(who, action, tags))


@pytest.mark.parametrize("action", KNOWS_NO_TAGS)
@anybody_else
def test_what_cannot_look_at_tags_is_served_to_nobody(who: str | None, action: str) -> None:
    """Torrents, and replication: the tag of the source says nothing where the replica is."""
    assert not allowed(request(who, action, {STATUS: "clean"}))


@pytest.mark.parametrize("who", FUNCTIONS)
def test_the_functions_read_what_was_not_scanned(who: str) -> None:
    assert all(allowed(request(who, action)) for action in KNOWS_TAGS)


@pytest.mark.parametrize("who", [*FUNCTIONS, REVIEWER, f"{OWNER}2"])
def test_reviewers_read_everything(who: str) -> None:
    assert all(allowed(request(who, action), WITH_PEOPLE) for action in KNOWS_TAGS + KNOWS_NO_TAGS)
    assert not allowed(request(OWNER, "GetObject"), WITH_PEOPLE)


def test_reviewers_cannot_forge_the_tag() -> None:
    assert not allowed(request(REVIEWER, "PutObjectTagging", {STATUS: "suspect"}, {STATUS: "clean"}), WITH_PEOPLE)


@pytest.mark.parametrize("name", [STATUS, "Unspread-Status", "UNSPREAD-STATUS"])
@pytest.mark.parametrize("value", VERDICTS)
@pytest.mark.parametrize("who", [*OTHERS, REVIEWER, TAGGER])
def test_nobody_uploads_with_our_tag(who: str | None, value: str, name: str) -> None:
    """PostObject, CopyObject and CreateMultipartUpload ask for PutObject as well."""
    assert not allowed(request(who, "PutObject", wanted={"album": "summer", name: value}), WITH_PEOPLE)


@anybody_else
def test_owners_upload_with_tags_of_their_own(who: str | None) -> None:
    assert allowed(request(who, "PutObject"))
    for action in ("PutObject", "PutObjectTagging"):
        assert allowed(request(who, action, wanted={"album": "summer"}))


@pytest.mark.parametrize("action", TAGGING)
@pytest.mark.parametrize("existing", [{}, *({STATUS: verdict} for verdict in VERDICTS)], ids=str)
@pytest.mark.parametrize("name", [STATUS, "Unspread-Status"])
@anybody_else
def test_nobody_sets_our_tag(who: str | None, name: str, existing: Tags, action: str) -> None:
    """Not even the value that it has: a sweep may be about to change it."""
    for value in VERDICTS:
        assert not allowed(request(who, action, existing, {name: value}))


@pytest.mark.parametrize("action", TAGGING)
@anybody_else
def test_copies_bring_no_tags_along(who: str | None, action: str) -> None:
    """CopyObject takes over the tags of its source: the request does not name them, but needs PutObjectTagging."""
    assert not allowed(request(who, action))


def test_replicas_bring_no_tags_along() -> None:
    for who in (OWNER, REVIEWER, TAGGER):
        assert not allowed(request(who, "ReplicateTags"), WITH_PEOPLE)


@pytest.mark.parametrize("action", ["DeleteObjectTagging", "DeleteObjectVersionTagging"])
def test_nobody_takes_a_verdict_away(action: str) -> None:
    for who in (OWNER, TAGGER):
        assert not allowed(request(who, action, {STATUS: "suspect"}), WITH_PEOPLE)
        assert allowed(request(who, action, {"album": "summer"}), WITH_PEOPLE)


@pytest.mark.parametrize("action", TAGGING)
def test_taggers_edit_the_tags_beside_ours(action: str) -> None:
    clean = {STATUS: "clean", "album": "summer"}
    assert allowed(request(TAGGER, action, clean, {STATUS: "clean", "virus": "none"}), WITH_PEOPLE)
    assert not allowed(request(TAGGER, action, clean, {"virus": "none"}), WITH_PEOPLE), "the verdict would be lost"
    assert allowed(request(TAGGER, action, {}, {"virus": "none"}), WITH_PEOPLE)
    for existing in ({}, {STATUS: "suspect"}, {STATUS: "match"}):
        for value in VERDICTS:
            assert not allowed(request(TAGGER, action, existing, {STATUS: value}), WITH_PEOPLE)
    assert not allowed(request(TAGGER, action, clean, {STATUS: "suspect"}), WITH_PEOPLE)


@pytest.mark.parametrize("who", FUNCTIONS)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_functions_set_the_tag(who: str, verdict: str) -> None:
    for existing in ({}, {STATUS: "clean", "album": "summer"}):
        assert allowed(request(who, "PutObjectVersionTagging", existing, {"album": "summer", STATUS: verdict}))


names = st.sampled_from([STATUS, "Unspread-Status", "album"])
tag_sets = st.dictionaries(names, st.sampled_from(["clean", "suspect", "x"]), max_size=3)
steps = st.tuples(
    st.sampled_from([*OTHERS, REVIEWER, TAGGER]),
    st.sampled_from(["PutObject", "CopyObject", *TAGGING, "DeleteObjectTagging"]),
    tag_sets,
)


@given(st.sampled_from(VERDICTS), st.lists(steps, max_size=8))
def test_whatever_others_do_with_tags_nothing_becomes_clean(
    verdict: str, done: list[tuple[str | None, str, Tags]]
) -> None:
    """Of two versions, one judged and one not: only the one that was found clean can ever be read."""
    versions: list[Tags] = [{STATUS: verdict}, {}]
    for who, action, tags in done:
        match action:
            case "PutObject" | "CopyObject":
                named = tags if action == "PutObject" else {}
                wanted = [request(who, "PutObject", wanted=named)]
                wanted += [request(who, "PutObjectTagging", wanted=named)] if tags else []
                if all(allowed(each, WITH_PEOPLE) for each in wanted):
                    versions.append(dict(tags))
            case _:
                after = {} if action == "DeleteObjectTagging" else tags
                asked = [request(who, action, before, after) for before in versions]
                versions = [
                    dict(after) if allowed(each, WITH_PEOPLE) else before
                    for each, before in zip(asked, versions, strict=True)
                ]
    readable = [
        at for at, tags in enumerate(versions) if allowed(request(OWNER, "GetObjectVersion", tags), WITH_PEOPLE)
    ]
    assert readable == ([0] if verdict == "clean" else [])


def test_the_mode_is_off_unless_it_is_asked_for() -> None:
    assert [statement["Sid"] for statement in policy("false")["Statement"]] == ["OnlyOverTLS"]


def test_while_a_full_bucket_is_scanned_reads_are_open_and_the_tag_is_guarded_already() -> None:
    meanwhile = policy("tag")
    assert allowed(request(OWNER, "GetObject"), meanwhile)
    assert not allowed(request(OWNER, "PutObjectTagging", {}, {STATUS: "clean"}), meanwhile)
    assert not allowed(request(OWNER, "PutObject", {}, {STATUS: "clean"}), meanwhile)


def roles_that_may(action: str) -> set[str]:
    return {
        role_arn(name)
        for name in resources("AWS::IAM::Role")
        for policy in resolved(name, "Policies", ServeOnlyClean="true", PulledFilesBucket="files")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Resource"] == f"{bucket_arn('UploadBucket')}/*" and action in statement["Action"]
    }


def test_every_function_that_reads_uploads_is_excepted() -> None:
    readers = roles_that_may("s3:GetObjectVersion") | roles_that_may("s3:GetObject")
    assert set(FUNCTIONS) <= readers
    for who in readers:
        assert allowed(request(who, "GetObjectVersion")), who


def test_the_functions_that_tag_are_those_that_may() -> None:
    assert roles_that_may("s3:PutObjectVersionTagging") == set(FUNCTIONS)


TAGGING_FUNCTIONS = (
    "ScanFunction",
    "SweepFunction",
    "ReconcileFunction",
    "BackfillFunction",
    "ReviewFunction",
    "RetainFunction",
)


@pytest.mark.parametrize(("mode", "tags"), [("false", "false"), ("tag", "true"), ("true", "true")])
@pytest.mark.parametrize("function", TAGGING_FUNCTIONS)
def test_functions_tag_only_where_tags_are_wanted(function: str, mode: str, tags: str) -> None:
    path = "Environment.Variables.TAG_VERDICTS"
    assert resolved(function, path, ServeOnlyClean=mode) == tags


def test_without_the_mode_no_function_may_tag_an_upload() -> None:
    for name in ROLES:
        (document,) = resolved(name, "Policies", ServeOnlyClean="false")
        sids = {statement["Sid"] for statement in document["PolicyDocument"]["Statement"]}
        assert "ReadAndRemoveUploads" in sids
        assert "TagUploads" not in sids


@pytest.mark.parametrize("parameter", ["ReviewerArns", "TaggerArns"])
def test_people_are_named_one_by_one(parameter: str) -> None:
    pattern = raw()["Parameters"][parameter]["AllowedPattern"]
    for good in ("", REVIEWER, f"{REVIEWER},{OWNER}"):
        assert re.search(pattern, good)
    for bad in ("*", f"arn:aws:iam::{ACCOUNT}:role/*", f"arn:aws:iam::{ACCOUNT}:root", f"{REVIEWER},", f"{REVIEWER} "):
        assert not re.search(pattern, bad)


def test_the_policy_fits_into_a_bucket() -> None:
    """S3 takes 20 KB: room for some forty people's ARNs, and for statements of the platform's own."""
    assert len(json.dumps(WITH_PEOPLE)) < 10 * 1024
