"""Blocks of a terminal: which commands are in them, and what they are said to print."""

import re
import shlex


def commands(text):
    """Pairs of a command and what it is said to print; None where nothing is said.

    With a prompt, `$ command`, what follows is what it prints. Without one, each line is a command.
    """
    has_prompt = text.startswith("$ ")
    found: list[tuple[str, list[str]]] = []
    # A command goes on in the next line after a backslash.
    for line in re.split(r"(?<!\\)\n", text.rstrip("\n")):
        if line.startswith("$ ") or not has_prompt:
            found.append((line.removeprefix("$ "), []))
        else:
            found[-1][1].append(line)
    return [(command, "\n".join(said) or None) for command, said in found]


def programs(command):
    """The programs that a command runs, by name."""
    words = shlex.split(command, comments=True)
    starts = [0, *(position + 1 for position, word in enumerate(words) if word in {"|", "&&", ";"})]
    return [next(word for word in words[start:] if not re.match(r"\w+=", word)) for start in starts]


def pattern(said):
    """What a command may print where `said` is what it is said to: figures and ids differ, and `...` is anything."""
    free = {
        r"\.\.\.": r"[\s\S]*",
        r"\b[0-9a-f]{16}\b": r"[0-9a-f]{16}",
        r"[$+-]?\d[\d,.]*(?<![,.])": r"[$+-]?\d[\d,.]*",
        r"\s+": r"\s+",
    }
    parts = re.split(f"({'|'.join(free)})", said.strip())
    made = [
        next((to for kind, to in free.items() if re.fullmatch(kind, part)), re.escape(part)) for part in parts if part
    ]
    return rf"\s*{''.join(made)}\s*"
