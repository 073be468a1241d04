from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from models.build.source import GgufSource, SafetensorsSource, open_source, widened
from models.mock_base import SIZES, TEXTS, MockSource

MOCK = MockSource()


def safetensors_folder(folder: Path) -> Path:
    names = {"embedding": "model.embed_tokens.weight", "norm": "model.norm.weight"}
    for name in MOCK.names():
        if name.startswith("layers."):
            _, layer, part = name.split(".", 2)
            names[name] = f"model.layers.{layer}.{SafetensorsSource.FIELDS[part]}"
    tensors = {names[name]: MOCK.tensor(name) for name in MOCK.names()}
    first = dict(list(tensors.items())[:5])
    save_file(first, folder / "model-1.safetensors")
    save_file({name: tensor for name, tensor in tensors.items() if name not in first}, folder / "model-2.safetensors")
    MOCK.write_tokenizer(folder)
    config = {
        "model_type": "qwen2",
        "num_hidden_layers": SIZES["layers"],
        "hidden_size": SIZES["hidden"],
        "num_attention_heads": SIZES["heads"],
        "num_key_value_heads": SIZES["kv_heads"],
        "intermediate_size": SIZES["intermediate"],
        "vocab_size": MOCK.config.vocab,
        "rope_theta": 10_000,
        "rms_norm_eps": 1e-6,
        "max_position_embeddings": 512,
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def gguf_file(path: Path, arch: str) -> Path:
    """As llama.cpp's converter writes it: for Llama, rows of q and k in pairs."""
    writer = gguf.GGUFWriter(path, arch)
    writer.add_name("Mock base")
    writer.add_block_count(SIZES["layers"])
    writer.add_context_length(512)
    writer.add_embedding_length(SIZES["hidden"])
    writer.add_head_count(SIZES["heads"])
    writer.add_head_count_kv(SIZES["kv_heads"])
    writer.add_feed_forward_length(SIZES["intermediate"])
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    model = json.loads(MOCK.tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    # The id of a token is its place. Control tokens come last, as in the bases that are read here.
    tokens = [*(token for token in tokens if token != "<|end|>"), "<|end|>"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (len(tokens) - 1) + [3])
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_pad_token_id(len(tokens) - 1)
    writer.add_chat_template("{{ messages }}")
    for name in MOCK.names():
        tensor = MOCK.tensor(name)
        if name in ("embedding", "norm"):
            writer.add_tensor({"embedding": "token_embd.weight", "norm": "output_norm.weight"}[name], tensor)
            continue
        _, layer, part = name.split(".", 2)
        if arch == "llama" and part in ("attention.q", "attention.k"):
            heads = SIZES["heads" if part.endswith("q") else "kv_heads"]
            tensor = tensor.reshape(heads, 2, SIZES["head_dim"] // 2, -1).swapaxes(1, 2).reshape(tensor.shape)
        writer.add_tensor(f"blk.{layer}.{GgufSource.FIELDS[part]}", np.ascontiguousarray(tensor))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def same(source) -> None:
    assert source.names() == MOCK.names()
    for name in MOCK.names():
        np.testing.assert_array_equal(source.tensor(name), MOCK.tensor(name), err_msg=name)


def test_a_published_folder_gives_the_tensors_it_was_made_of(tmp_path: Path) -> None:
    source = open_source(safetensors_folder(tmp_path))
    same(source)
    assert source.config == MOCK.config


@pytest.mark.parametrize("arch", ["qwen2", "llama"])
def test_a_gguf_file_gives_the_tensors_it_was_made_of(tmp_path: Path, arch: str) -> None:
    source = open_source(gguf_file(tmp_path / "base.gguf", arch))
    same(source)
    sizes = source.config.to_manifest()
    assert (sizes["kvHeads"], sizes["headDim"], sizes["ropeTheta"]) == (2, 16, 10_000.0)


def test_a_gguf_files_vocabulary_becomes_a_tokenizer(tmp_path: Path) -> None:
    open_source(gguf_file(tmp_path / "base.gguf", "qwen2")).write_tokenizer(tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for text in TEXTS:
        assert tokenizer.decode(tokenizer.encode(text).ids) == text
    assert tokenizer.encode("a<|end|>").ids[-1] == tokenizer.get_vocab_size() - 1
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert (config["eos_token"], config["chat_template"]) == ("<|end|>", "{{ messages }}")


def test_halves_of_numbers_are_widened_without_loss() -> None:
    numbers = np.array([1.0, -2.5, 0.15625, 3e38], np.float32)
    upper = (numbers.view(np.uint32) >> 16).astype("<u2")
    np.testing.assert_array_equal(widened("BF16", upper.tobytes()), (numbers.view(np.uint32) >> 16 << 16).view("<f4"))
    np.testing.assert_array_equal(widened("F16", numbers[:3].astype("<f2").tobytes()), numbers[:3])
    np.testing.assert_array_equal(widened("F32", numbers.tobytes()), numbers)


def test_anything_else_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"neither a \.gguf file nor a folder"):
        open_source(tmp_path)
