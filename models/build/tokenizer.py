"""tokenizer.json and tokenizer_config.json out of the vocabulary that a GGUF file carries."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

# The split that Qwen2 was trained with: contractions, words with their leading space, single digits, punctuation,
# breaks.
QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
NORMAL, CONTROL, USER_DEFINED = 1, 3, 4


def write_from_gguf(field: Callable[[str], object], folder: Path) -> None:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    flavour = field("tokenizer.ggml.pre")
    tokens, kinds = field("tokenizer.ggml.tokens"), field("tokenizer.ggml.token_type")
    vocab = {token: index for index, token in enumerate(tokens) if kinds[index] == NORMAL}
    merges = [tuple(merge.split(" ", 1)) for merge in field("tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, fuse_unk=False, byte_fallback=False))
    if flavour == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
        split = [pre_tokenizers.Split(Regex(QWEN2_SPLIT), behavior="isolated", invert=False)]
    elif flavour == "smollm":
        split = [pre_tokenizers.Digits(individual_digits=True)]
    else:
        raise SystemExit(f"The pre-tokenizer '{flavour}' is not known; bring the model's own tokenizer.json instead.")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [*split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=flavour == "smollm")]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens(
        [
            AddedToken(token, special=kinds[index] == CONTROL, normalized=False)
            for index, token in enumerate(tokens)
            if kinds[index] in (CONTROL, USER_DEFINED)
        ]
    )
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    for index in (0, len(vocab) - 1, field("tokenizer.ggml.eos_token_id")):
        if tokenizer.token_to_id(tokens[index]) != index:
            raise SystemExit(f"Token {tokens[index]!r} got another id than {index}: the vocabulary is not as expected.")
    config = {
        "tokenizer_class": "PreTrainedTokenizer",
        "model_max_length": 32768,
        "clean_up_tokenization_spaces": False,
        "eos_token": tokens[field("tokenizer.ggml.eos_token_id")],
        "pad_token": tokens[field("tokenizer.ggml.padding_token_id")],
        "chat_template": field("tokenizer.chat_template"),
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n")
