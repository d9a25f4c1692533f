"""The secrets in a recorded command's arguments are masked by the names of options and variables."""

import re

import pytest

from veritas.secrets import Secrets


@pytest.mark.parametrize(
    "arguments, masked",
    [
        (["prog", "--password", "hunter22", "in.txt"], ["prog", "--password", "*", "in.txt"]),
        (["prog", "--api-key=abc", "--verbose"], ["prog", "--api-key=*", "--verbose"]),
        (["env", "GITHUB_TOKEN=abc", "prog"], ["env", "GITHUB_TOKEN=*", "prog"]),
        (["sh", "-c", "TOKEN='a b' prog --secret x; echo a=b"], ["sh", "-c", "TOKEN='*' prog --secret * echo a=b"]),
        (["java", "-Ddb.password=abc", "Main"], ["java", "-Ddb.password=*", "Main"]),
        (["curl", "-H", "Authorization: Bearer abc.def-1"], ["curl", "-H", "Authorization: Bearer *"]),
        (["curl", "https://h/?token=abc&b=1"], ["curl", "https://h/?token=*&b=1"]),
        (["prog", "--password-file", "a.txt", "--keys=3", "--author", "me"], None),
        (["python", "-c", "print(1 == 2)", "--token", "--"], ["python", "-c", "print(1 == 2)", "--token", "*"]),
    ],
)
def test_the_values_of_secret_options_are_masked(arguments, masked):
    """The value after an option, after an equals sign, and inside the text of a shell command; nothing else."""
    shown = [re.sub(r"\[secret:[^\]]*\]", "*", text) for text in Secrets(b"k").mask_command(arguments)]
    assert shown == (masked or arguments)


def test_a_value_of_an_option_is_masked_everywhere_afterwards():
    """An error that repeats the value has its mask."""
    secrets = Secrets(b"k")
    secrets.mask_command(["prog", "--password", "hunter22"])
    assert (
        secrets.mask("cannot log in with hunter22")
        == f"cannot log in with {secrets.replacement('password', 'hunter22')}"
    )
