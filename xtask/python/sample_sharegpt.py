"""Draws prompts from a ShareGPT file as the Python benchmark clients do, and says what that took.

    python sample_sharegpt.py DATASET TOKENIZER_JSON NUM_PROMPTS SEED

Prints one JSON object: load_s (json.load of the whole file), sample_s (filter, shuffle, tokenize and prune), peak_bytes
(of this process), count, and sha256 over the requests: for each, prompt length, output length and the prompt's size in
bytes as eight little-endian bytes each, then the prompt.
"""

import hashlib
import json
import random
import resource
import sys
import time

from tokenizers import Tokenizer


def sample(dataset, tokenizer, num_prompts):
    pairs = [
        (entry["conversations"][0]["value"], entry["conversations"][1]["value"])
        for entry in dataset
        if len(entry["conversations"]) >= 2
    ]
    random.shuffle(pairs)
    requests = []
    for prompt, answer in pairs:
        if len(requests) == num_prompts:
            break
        prompt_len = len(tokenizer.encode(prompt).ids)
        output_len = len(tokenizer.encode(answer).ids)
        if prompt_len < 4 or output_len < 4:
            continue
        if prompt_len > 1024 or prompt_len + output_len > 2048:
            continue
        requests.append((prompt, prompt_len, output_len))
    return requests


def sha256(requests):
    digest = hashlib.sha256()
    for prompt, prompt_len, output_len in requests:
        text = prompt.encode("utf-8")
        for number in (prompt_len, output_len, len(text)):
            digest.update(number.to_bytes(8, "little"))
        digest.update(text)
    return digest.hexdigest()


def main():
    dataset_path, tokenizer_path, num_prompts, seed = sys.argv[1:]
    # Reading the tokenizer is not timed, here or in the page.
    tokenizer = Tokenizer.from_file(tokenizer_path)
    random.seed(int(seed))
    start = time.perf_counter()
    with open(dataset_path, encoding="utf-8") as file:
        dataset = json.load(file)
    loaded = time.perf_counter()
    requests = sample(dataset, tokenizer, int(num_prompts))
    end = time.perf_counter()
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    print(
        json.dumps(
            {
                "load_s": loaded - start,
                "sample_s": end - loaded,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
                "count": len(requests),
                "sha256": sha256(requests),
            }
        )
    )


main()
