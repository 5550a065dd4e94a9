"""Makes patterns.json.gz: what Python's tokenizers 0.19.1 splits texts into, by the patterns of well-known tokenizers.

    pip install --no-deps tokenizers==0.19.1
    python tests/golden/patterns.py
"""

import gzip
import json
import random
from pathlib import Path

import tokenizers
from tokenizers import Regex, pre_tokenizers

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
ENDS = r"\s*[\r\n]+|\s+(?!\S)|\s+"

PATTERNS = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama3": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + ENDS,
    "qwen2": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + ENDS,
    "cl100k": r"(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    "o200k": rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}?"
    + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + ENDS,
    "tekken": rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*"
    + r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + ENDS,
    "kimi": r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
    + CONTRACTIONS + r"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + ENDS,
    "deepseek": r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"
    + ENDS,
    "deepseek ideographs": "[一-龥\u3040-ゟ゠-ヿ]+",
    "digits by three": r"\p{N}{1,3}",
    "bloom": r" ?[^(\s|[.,!?…。，、।۔،])]+",
    "runs of spaces": " {2,}",
}

# What one pattern sees otherwise than another.
WORDS = (
    "a I of the river gauge's it's WE'LL they've O'Neil don'T camelCase HTTPServer snake_case naïve Straße ΑΘΗΝΑ "
    "İstanbul Ǆungla ſ Ångström cafe\u0301 東京 日本語テスト 漢字かな 안녕 привет שלום مرحبا नमस्ते ไทย x² ½ Ⅷ ٣٤ 7 42 1234567 "
    "1,000.50 0x1F 3rd https://example.org/a?b=c%20d a@b.c --flag C++ #tag $9.99 …。，، «quoted» (see) [1] {x} <b> /* a */ "
    "👍 👩\u200d🔬 🇨🇭 \u200d \ufeff _ __init__ \\n"
).split(" ")
BLANKS = [" ", " ", " ", "  ", "\n", "\n\n", "\r\n", "\t", " \n ", "\u00a0", "\u2003", "\u3000", "\u0085", "\u2028", "\x0b", "", ""]


def texts():
    """Texts of words and blanks, the same each time."""
    draw = random.Random(7)
    yield from ["", " ", "   ", "\n", " \n", "a", " a", "a ", "It's 2026.\r\n\r\n  Yes!  \n", "    indented\n\tcode();\n"]
    for _ in range(240):
        yield "".join(draw.choice(WORDS) + draw.choice(BLANKS) for _ in range(draw.randint(1, 14)))


def main():
    """Writes the file."""
    assert tokenizers.__version__ == "0.19.1"
    made = {"texts": list(texts()), "patterns": []}
    for name, pattern in PATTERNS.items():
        split = pre_tokenizers.Split(Regex(pattern), "isolated")
        pieces = [[piece for piece, _ in split.pre_tokenize_str(text)] for text in made["texts"]]
        made["patterns"].append({"name": name, "pattern": pattern, "pieces": pieces})
    packed = gzip.compress(json.dumps(made, ensure_ascii=False).encode(), mtime=0)
    Path(__file__).with_name("patterns.json.gz").write_bytes(packed)


if __name__ == "__main__":
    main()
