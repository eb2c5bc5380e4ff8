"""What proofs of work were used for, as items of the case table.

    pk               sk              attributes
    proof#<name>     proof           request, expires

A proof is named by the SHA-256 of its challenge's signature. `request` is a digest of all that it was used for, so
that nothing here tells which picture that was.
"""

from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PROOF = "proof"


class ProofTable:
    """The used proofs in the case table."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Use this table."""
        self._client = client
        self._name = name

    def take(self, proof: str, request: str, expires: int) -> bool:
        """Note until `expires`, in seconds since 1970, that a proof is used for a request, unless it was used before.

        Returns:
            Whether the proof is for this request, now or since before.
        """
        try:
            self._client.put_item(
                TableName=self._name,
                Item={**_key(proof), "request": request, "expires": expires},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return self.is_for(proof, request)
        return True

    def is_for(self, proof: str, request: str) -> bool:
        """Tell whether a proof was used for this request; strongly consistent."""
        answer = self._client.get_item(TableName=self._name, Key=_key(proof), ConsistentRead=True)
        return cast("dict[str, Any]", answer.get("Item", {})).get("request") == request


def _key(proof: str) -> dict[str, str]:
    return {"pk": f"proof#{proof}", "sk": _PROOF}
