"""Requests to the HTTPS API that are signed with AWS credentials."""

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests.auth import AuthBase

from tests.local.emulator import REGION


class Signed(AuthBase):
    """Signs a request as it goes out."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        kind = request.headers.get("Content-Type")
        made = AWSRequest(
            request.method, request.url, data=request.body, headers={"Content-Type": kind} if kind else {}
        )
        SigV4Auth(Credentials("test", "test"), "execute-api", REGION).add_auth(made)
        request.headers.update(dict(made.headers.items()))
        return request
