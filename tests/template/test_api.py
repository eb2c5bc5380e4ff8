"""The HTTPS API: every method may call its function, and nothing about the caller is kept."""

import re

from tests.support.template import Json, properties, resources
from unspread.api.problems import Problem

FUNCTION = re.compile(r"functions/\$\{(\w+)\.Arn\}/invocations")


def methods() -> dict[tuple[str, str], str]:
    """Return the function behind each method and path."""
    found = {}
    for path, operations in properties("Api")["Body"]["paths"].items():
        for method, operation in operations.items():
            if method == "options":
                continue
            integration = operation["x-amazon-apigateway-integration"]
            assert integration["type"] == "aws_proxy"
            function = FUNCTION.search(integration["uri"]["Fn::Sub"])
            assert function
            found[method.upper(), path] = function[1]
    return found


def permitted() -> set[tuple[str, str, str]]:
    """Return method, path and function of each permission for API Gateway."""
    found = set()
    for permission in resources("AWS::Lambda::Permission").values():
        wanted = permission["Properties"]
        if wanted["Principal"] == "apigateway.amazonaws.com":
            arn, names = wanted["SourceArn"]["Fn::Sub"]
            assert names["__ApiId__"] == {"Ref": "Api"}
            method, _, path = arn.partition("${__Stage__}/")[2].partition("/")
            found.add((method, f"/{path}", wanted["FunctionName"]["Ref"]))
    return found


def settings() -> list[Json]:
    """Return the stage's settings: those of all methods, and those of some."""
    (stage,) = resources("AWS::ApiGateway::Stage").values()
    found: list[Json] = stage["Properties"]["MethodSettings"]
    return found


def test_the_submission_calls_are_there() -> None:
    assert {
        ("GET", "/challenge"),
        ("POST", "/submissions"),
        ("GET", "/case"),
        ("POST", "/case/items"),
        ("DELETE", "/case"),
        ("GET", "/openapi.json"),
    } <= methods().keys()


def test_only_signed_requests_reach_the_reviews() -> None:
    for path, operations in properties("Api")["Body"]["paths"].items():
        for operation in operations.values():
            signed = operation.get("security") == [{"AWS_IAM": []}]
            assert signed == (path.startswith("/reviews") or path == "/check"), path
    reviews = {(method, path) for method, path in methods() if path.startswith("/reviews")}
    assert reviews == {
        ("GET", "/reviews"),
        ("GET", "/reviews/audit"),
        ("GET", "/reviews/{id}"),
        ("POST", "/reviews/{id}"),
    }


def test_every_method_may_call_its_function_and_no_other_may() -> None:
    assert permitted() == {
        (method, re.sub(r"\{\w+\}", "*", path), function) for (method, path), function in methods().items()
    }


def test_the_api_is_regional() -> None:
    api = properties("Api")
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["Parameters"] == {"endpointConfigurationTypes": "REGIONAL"}


def test_nothing_about_the_caller_is_logged_or_traced() -> None:
    (stage,) = resources("AWS::ApiGateway::Stage").values()
    wanted = stage["Properties"]
    assert wanted["TracingEnabled"] is False
    assert "AccessLogSetting" not in wanted
    assert (settings()[0]["HttpMethod"], settings()[0]["ResourcePath"]) == ("*", "/*")
    for each in settings():
        assert each["LoggingLevel"] == "OFF"
        assert each["DataTraceEnabled"] is False


def test_the_api_is_throttled_by_parameters() -> None:
    for each in settings():
        assert each["ThrottlingRateLimit"] == {"Ref": "ApiRateLimit"}
        assert each["ThrottlingBurstLimit"] == {"Ref": "ApiBurstLimit"}


def test_challenges_are_counted_apart() -> None:
    (apart,) = settings()[1:]
    assert ("GET", "/challenge") in methods()
    assert (apart["HttpMethod"], apart["ResourcePath"]) == ("GET", "/~1challenge")


def test_the_gateways_own_errors_are_problem_documents() -> None:
    responses = properties("Api")["Body"]["x-amazon-apigateway-gateway-responses"]
    assert {
        "DEFAULT_4XX": "400",
        "DEFAULT_5XX": "500",
        "THROTTLED": "429",
        "MISSING_AUTHENTICATION_TOKEN": "403",
    }.items() <= {kind: response["statusCode"] for kind, response in responses.items()}.items()
    for response in responses.values():
        headers = response["responseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert headers["gatewayresponse.header.Cache-Control"] == "'no-store'"
        filled = response["responseTemplates"]["application/json"].replace(
            "$context.error.messageString", '"Forbidden"'
        )
        assert Problem.model_validate_json(filled).status == int(response["statusCode"])


def test_an_own_domain_closes_the_other_door() -> None:
    domain = properties("ApiDomain")
    assert domain["SecurityPolicy"] == "TLS_1_2"
    (server,) = properties("Api")["Body"]["servers"]
    endpoint = server["x-amazon-apigateway-endpoint-configuration"]
    assert endpoint["disableExecuteApiEndpoint"] == {"Fn::If": ["HasDomain", True, False]}
