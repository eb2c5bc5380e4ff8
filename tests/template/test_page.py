"""The page and its neighbours: files that anyone may have, and a function that can do nothing else than give them."""

from tests.support.template import ROOT, properties, raw, resources
from tests.template.test_api import methods
from tests.template.test_roles import LOG, rights

TABLES = {"HASH_TABLE": "HashTable", "UPLOAD_TABLE": "UploadTable", "CASE_TABLE": "CaseTable"}


def environment(function: str) -> dict[str, object]:
    found: dict[str, object] = properties(function)["Environment"]["Variables"]
    return found


def test_the_page_is_served_by_its_function_alone() -> None:
    served = {(method, path) for (method, path), function in methods().items() if function == "PageFunction"}
    assert served == {("GET", "/"), ("GET", "/assets/{file}")}


def test_the_page_can_do_nothing_but_log() -> None:
    assert rights("PageRole") == {"PageLog.Arn": LOG}
    assert properties("PageFunction")["Role"] == {"Fn::GetAtt": ["PageRole", "Arn"]}
    assert "Layers" not in properties("PageFunction")


def test_the_page_knows_of_nothing() -> None:
    assert environment("PageFunction").keys() == {"POWERTOOLS_LOG_LEVEL"}


def test_functions_are_told_of_no_table_that_their_roles_cannot_use() -> None:
    for function in resources("AWS::Lambda::Function"):
        role = properties(function)["Role"]["Fn::GetAtt"][0]
        usable = {table for table in TABLES.values() if f"{table}.Arn" in rights(role)}
        told = {TABLES[name] for name in environment(function) if name in TABLES}
        assert told == usable, function


def test_the_page_is_built_by_its_own_makefile() -> None:
    page = raw()["Resources"]["PageFunction"]
    assert page["Metadata"] == {"BuildMethod": "makefile"}
    makefile = ROOT / page["Properties"]["CodeUri"] / "Makefile"
    assert "\nbuild-PageFunction:" in makefile.read_text(encoding="utf-8")


def test_webassembly_alone_travels_as_bytes() -> None:
    api = properties("Api")
    assert api["BinaryMediaTypes"] == ["application~1wasm"]
    assert [str(kind) for kind in api["Body"]["x-amazon-apigateway-binary-media-types"]] == ["application/wasm"]


def test_what_is_large_is_compressed() -> None:
    assert properties("Api")["MinimumCompressionSize"] == 1024


def test_the_address_of_the_page_ends_with_a_slash_for_its_links_are_relative() -> None:
    _, own, given = raw()["Outputs"]["PageUrl"]["Value"]["Fn::If"]
    assert own["Fn::Sub"].endswith("/")
    assert given["Fn::Sub"].endswith("${Api.Stage}/")


def test_the_secret_of_the_challenges_is_made_by_the_stack_and_nobody_else_can_read_it() -> None:
    secret = properties("ProofSecret")
    assert secret["GenerateSecretString"] == {"PasswordLength": 64, "ExcludePunctuation": True}
    assert not {"SecretString", "Name"} & secret.keys()
    readers = [role for role in resources("AWS::IAM::Role") if "ProofSecret.Id" in rights(role)]
    assert sorted(readers) == ["RotateRole", "SubmitRole"]
    assert "secretsmanager:PutSecretValue" not in rights("SubmitRole")["ProofSecret.Id"]
    assert environment("SubmitFunction")["PROOF_SECRET"] == {"Fn::GetAtt": ["ProofSecret", "Id"]}


def test_what_a_proof_costs_is_a_parameter_within_what_the_function_takes() -> None:
    parameters = raw()["Parameters"]
    assert environment("SubmitFunction")["PROOF_COST"] == {"Ref": "ProofCost"}
    assert environment("SubmitFunction")["PROOF_MINUTES"] == {"Ref": "ProofMinutes"}
    for name, (least, usual, most) in {"ProofCost": (1000, 5000, 100_000), "ProofMinutes": (1, 10, 60)}.items():
        parameter = parameters[name]
        assert (parameter["MinValue"], parameter["Default"], parameter["MaxValue"]) == (least, usual, most)
