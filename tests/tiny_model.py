"""Makes tests/tiny_classifier: a network of one table, which gives each character its logits.

    python tests/tiny_model.py        # needs onnx; the folder is kept in the repository
"""

from __future__ import annotations

from pathlib import Path

from gxml.classifier import ClassifierConfig, dump_config
from gxml.tokens import SPECIALS, WHITE, CharTokenizer, file_hash

FOLDER = Path(__file__).parent / "tiny_classifier"
LABELS = ("O", "website_items", "requests_received", "reviews+lawsuits", "rate", "processing_fee", "row:requests.granted")
SAYS = {"7": 1, "9": 2, "未": 2, "没": 3, "8": 4, "5": 5, "予": 6}
"""Character to the label that it gets; others are O."""
STRENGTH = 4.0


def main() -> None:
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    characters = [*SPECIALS, *WHITE, *"0123456789未没予条件元%"]
    table = np.zeros((len(characters), len(LABELS)), np.float32)
    table[:, 0] = STRENGTH / 2
    for char, label in SAYS.items():
        table[characters.index(char), label] = STRENGTH
    ids, mask = (
        helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "tokens"]) for n in ("input_ids", "attention_mask")
    )
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "tokens", len(LABELS)])
    node = helper.make_node("Gather", ["table", "input_ids"], ["logits"], axis=0)
    graph = helper.make_graph([node], "tiny", [ids, mask], [logits], [numpy_helper.from_array(table, "table")])
    FOLDER.mkdir(exist_ok=True)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), FOLDER / "model.onnx")
    (FOLDER / "characters.json").write_bytes(CharTokenizer(characters).dump())
    (FOLDER / "README.md").write_text("# tiny\n\nFor tests: tests/tiny_model.py makes it.\n", encoding="utf-8")
    config = ClassifierConfig(
        labels=LABELS,
        tokenizer="characters",
        window=32,
        context=6,
        temperature={"facts": 1.0, "rows": 1.0},
        files={n: file_hash((FOLDER / n).read_bytes()) for n in ("characters.json", "model.onnx")},
        checkpoint="",
        training_data="none",
        base="none",
        seed=0,
        gxml="0",
    )
    (FOLDER / "config.json").write_bytes(dump_config(config))


if __name__ == "__main__":
    main()
