"""The use cases that list hashes, put together from a function's variables."""

from unspread import aws
from unspread.cases import Cases
from unspread.proof import Proofs
from unspread.settings import CaseSettings, SubmitSettings
from unspread.stores.case_table import CaseTable
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.proof_secret import ProofSecret
from unspread.stores.proof_table import ProofTable


def cases(settings: CaseSettings) -> Cases:
    """Put the cases together."""
    client = aws.dynamodb()
    return Cases(
        CaseTable(client, settings.case_table),
        HashTable(client, settings.hash_table),
        HashLog(client, settings.hash_table),
        aws.dynamodb_transactions,
    )


def proofs(settings: SubmitSettings) -> Proofs:
    """Put the proofs of work together."""
    return Proofs(
        ProofSecret(aws.secrets(), settings.proof_secret),
        ProofTable(aws.dynamodb(), settings.case_table),
        cost=settings.proof_cost,
        lifetime=60 * settings.proof_minutes,
    )
