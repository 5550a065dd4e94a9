"""Make a very small random llama model for the end-to-end test against llama.cpp's own server.

    python make_model.py TOKENIZER_JSON OUT_GGUF

The tokenizer is a byte-level BPE tokenizer.json. The model's text is noise; the server's timing, framing and errors are
real. Needs the packages gguf and numpy.
"""
import json
import sys

import gguf
import numpy

EMBEDDING, HIDDEN, BLOCKS, HEADS, CONTEXT = 64, 160, 2, 4, 4096
HEAD = EMBEDDING // HEADS


def read_vocabulary(path):
    """The tokens by id, their types, and the merges of a byte-level BPE tokenizer.json."""
    with open(path, encoding="utf-8") as file:
        tokenizer = json.load(file)
    by_id = {number: (text, gguf.TokenType.NORMAL) for text, number in tokenizer["model"]["vocab"].items()}
    for added in tokenizer.get("added_tokens", []):
        by_id[added["id"]] = (added["content"], gguf.TokenType.CONTROL)
    filler = ("", gguf.TokenType.UNUSED)
    entries = [by_id.get(number, filler) for number in range(max(by_id) + 1)]
    tokens = [text or f"<unused_{number}>" for number, (text, _) in enumerate(entries)]
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in tokenizer["model"]["merges"]]
    return tokens, [kind for _, kind in entries], merges


def special(tokens, *parts):
    """The id of the first token that contains one of these words, or the last id."""
    return next((number for number, text in enumerate(tokens) if any(part in text for part in parts)), len(tokens) - 1)


def main(tokenizer_path, out_path):
    tokens, kinds, merges = read_vocabulary(tokenizer_path)
    out = gguf.GGUFWriter(out_path, "llama")
    out.add_name("streamgauge-random")
    out.add_context_length(CONTEXT)
    out.add_embedding_length(EMBEDDING)
    out.add_feed_forward_length(HIDDEN)
    out.add_block_count(BLOCKS)
    out.add_head_count(HEADS)
    out.add_head_count_kv(HEADS)
    out.add_rope_dimension_count(HEAD)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_vocab_size(len(tokens))
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("llama-bpe")
    out.add_token_list(tokens)
    out.add_token_types(kinds)
    out.add_token_merges(merges)
    out.add_bos_token_id(special(tokens, "begin_of_text", "<s>"))
    out.add_eos_token_id(special(tokens, "eot", "end_of_text", "</s>"))

    random = numpy.random.default_rng(7)
    shapes = {"token_embd": (len(tokens), EMBEDDING), "output": (len(tokens), EMBEDDING)}
    for block in range(BLOCKS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"blk.{block}.{name}"] = (EMBEDDING, EMBEDDING)
        for name in ("ffn_gate", "ffn_up"):
            shapes[f"blk.{block}.{name}"] = (HIDDEN, EMBEDDING)
        shapes[f"blk.{block}.ffn_down"] = (EMBEDDING, HIDDEN)
    for name, shape in shapes.items():
        out.add_tensor(f"{name}.weight", random.normal(0.0, 0.04, shape).astype(numpy.float32))
    norms = ["output_norm"] + [f"blk.{block}.{name}" for block in range(BLOCKS) for name in ("attn_norm", "ffn_norm")]
    for name in norms:
        out.add_tensor(f"{name}.weight", numpy.ones(EMBEDDING, numpy.float32))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
