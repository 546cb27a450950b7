"""Texts that any file, page or program can hold."""


def spelled_out(text: str) -> str:
    r"""Spell out the bytes of a name that are no Unicode: `caf\udce9`.

    JSON reads that as the byte that it stands for; people can read it in any case.
    """
    return text.encode("utf-8", "backslashreplace").decode()
