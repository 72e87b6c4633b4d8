"""Train, export, calibrate and measure the number reader. Every step goes on where it was interrupted.

    python training/number_reader/train.py make  --work out/number_reader     line pictures, chunk by chunk
    python training/number_reader/train.py fit   --work out/number_reader     the network
    python training/number_reader/train.py ship  --work out/number_reader     ONNX, calibration, measures, plot

`make` and `fit` may run side by side: `fit` waits for the next chunk.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

import cv2  # noqa: E402
import numpy as np  # noqa: E402

cv2.setNumThreads(1)


def configuration() -> dict[str, Any]:
    return tomllib.loads((HERE / "config.toml").read_text(encoding="utf-8"))


# --- pictures -------------------------------------------------------------------------------------------------------


def printer(config: dict[str, Any], use: str):
    """Return a printer with the fonts for `use` (train, calibration, test) and a list of what they are."""
    import fonts
    from cells import Printer

    faces = fonts.installed()
    known = config["fonts"][use]
    groups = known if use == "train" else [{"name": name, "weight": 1.0} for name in known]
    families, used, absent = [], {}, []
    for group in groups:
        found = fonts.select(faces, group["name"])
        absent += [name for name in group["name"].split("|") if name not in found]
        for family, members in sorted(found.items()):
            families.append((members, group["weight"] / len(found)))
            used[family] = sorted({m.style for m in members})
    if not families:
        raise SystemExit(f"No font for {use} is installed: see README.md for the packages.")
    chinese = fonts.select(
        faces, "|".join(g["name"] for g in config["fonts"]["train"]) if use == "train" else ".*(SC|WenKai|Kai|Sung).*"
    )
    need = "万亿元件增减加少无政府"
    companions = [m for _, members in sorted(chinese.items()) for m in members[:1] if all(m.has(c) for c in need)]
    return Printer(config, families, companions), used, absent


def make_chunk(
    config: dict[str, Any],
    maker,
    seed: list[int],
    levels: dict[str, float],
    kinds: dict[str, float],
    crops: dict[str, float],
    count: int,
) -> dict[str, np.ndarray]:
    from cells import samples

    rng = np.random.default_rng(seed)
    names, odds = list(levels), np.array(list(levels.values()), float)
    pictures, labels, of_level, of_kind, stats = [], [], [], [], {}
    while len(pictures) < count:
        level = names[int(rng.choice(len(names), p=odds / odds.sum()))]
        page = maker.page(rng, level, kinds)
        for sample in samples(page, rng, crops, stats):
            pictures.append(sample.picture)
            labels.append(sample.label)
            of_level.append(level)
            of_kind.append(sample.kind)
    widths = np.array([p.shape[1] for p in pictures], np.int32)
    flat = np.concatenate([p.reshape(-1) for p in pictures])
    return {
        "flat": flat,
        "widths": widths,
        "labels": np.array(labels),
        "levels": np.array(of_level),
        "kinds": np.array(of_kind),
        "lost": np.array([stats.get("lines", 0), stats["cells"]]),
    }


def make(config: dict[str, Any], work: Path, share: tuple[int, int]) -> None:
    maker, used, absent = printer(config, "train")
    (work / "fonts_train.json").write_text(json.dumps({"used": used, "absent": absent}, ensure_ascii=False, indent=1))
    print("fonts:", ", ".join(used), "| absent:", ", ".join(absent) or "none", flush=True)
    for i in range(share[0], config["train"]["chunks"], share[1]):
        path = work / f"chunk_{i:04d}.npz"
        if path.exists():
            continue
        start = time.process_time()
        data = make_chunk(
            config,
            maker,
            [config["seed"], 1, i],
            config["mixture"],
            config["kinds"]["balanced"],
            config["crops"],
            config["train"]["chunk"],
        )
        with open(work / f"tmp_{i}", "wb") as file:
            np.savez(file, **data)
        os.replace(work / f"tmp_{i}", path)
        lost, took = data["lost"], time.process_time() - start
        print(
            f"chunk {i}: {len(data['labels'])} lines, not found in {lost[0]}/{lost[1]} cells, {took:.0f} s", flush=True
        )


def load_chunk(path: Path) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    data = dict(np.load(path))
    ends = np.cumsum(data["widths"] * 32)
    pictures = [data["flat"][e - w * 32 : e].reshape(32, w) for e, w in zip(ends, data["widths"], strict=True)]
    return pictures, data


# --- network --------------------------------------------------------------------------------------------------------


def network(classes: int):
    """A convolutional CTC network, stride 4 along the line."""
    import torch
    from torch import nn

    def conv(
        i: int,
        o: int,
        k: int | tuple[int, int] = 3,
        s: int | tuple[int, int] = 1,
        p: int | tuple[int, int] = 1,
        g: int = 1,
    ) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(i, o, k, s, p, groups=g, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))

    class Residual(nn.Module):
        def __init__(self, c: int, k: int | tuple[int, int] = 3, p: int | tuple[int, int] = 1) -> None:
            super().__init__()
            self.body = nn.Sequential(conv(c, c, k, 1, p), nn.Conv2d(c, c, k, 1, p, bias=False), nn.BatchNorm2d(c))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(x + self.body(x))

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.image = nn.Sequential(
                conv(2, 24, 3, 2),  # 16 x W/2
                conv(24, 32),
                conv(32, 48, 3, (2, 1)),  # 8 x W/2
                Residual(48),
                conv(48, 80, 3, 2),  # 4 x W/4
                Residual(80),
            )
            self.collapse = conv(80, 128, (4, 1), 1, 0)  # 1 x W/4
            self.line = nn.Sequential(
                conv(128, 128, (1, 5), 1, (0, 2), g=4), conv(128, 128, 1, 1, 0), Residual(128, (1, 3), (0, 1))
            )
            self.drop = nn.Dropout(0.1)
            self.out = nn.Conv2d(128, classes, 1)

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            x = pictures.to(torch.float32)
            outside = (x < 0.5).to(torch.float32)
            # Ink from 0 to 1; beyond the crop the ink is 0 and a second plane says so.
            ink = (x - 40.0) * (1.0 / 200.0) * (1.0 - outside)
            x = self.collapse(self.image(torch.cat([ink, outside], 1)))
            return self.out(self.drop(self.line(x)))[:, :, 0].transpose(1, 2)

    return Network()


def batches(pictures: list[np.ndarray], labels: list[str], size: int, rng: np.random.Generator):
    """Group pictures of like width; pad with what is outside."""
    order = rng.permutation(len(pictures))
    order = order[np.argsort([pictures[i].shape[1] // 32 for i in order], kind="stable")]
    groups = [order[i : i + size] for i in range(0, len(order), size)]
    for g in rng.permutation(len(groups)):
        ix = groups[g]
        width = max(pictures[i].shape[1] for i in ix)
        out = np.zeros((len(ix), 1, 32, width), np.uint8)
        for j, i in enumerate(ix):
            out[j, 0, :, : pictures[i].shape[1]] = pictures[i]
        yield out, [labels[i] for i in ix], np.array([pictures[i].shape[1] // 4 for i in ix])


def vary(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cheap variety for every pass over a chunk: contrast, level, noise, a small shift up or down."""
    paper = x.astype(np.float32) - 40
    gain = rng.uniform(0.75, 1.2, (len(x), 1, 1, 1)).astype(np.float32)
    level = rng.normal(0, 5, (len(x), 1, 1, 1)).astype(np.float32)
    grain = rng.standard_normal(x.shape, np.float32) * rng.exponential(3.0, (len(x), 1, 1, 1)).astype(np.float32)
    y = np.clip(paper * gain + level + grain + 40, 1, 255)
    y[x == 0] = 0
    if rng.random() < 0.5:
        y = np.roll(y, int(rng.integers(-1, 2)), axis=2)
    return y.astype(np.uint8)


def order(spec: dict[str, Any], seed: int) -> list[int]:
    """Return the chunk of each pass: a new one every second time, else one of those before, drawn by the seed.

    So the network need not wait for all the pictures, and the order does not depend on how fast they are made.
    """
    rng, seen, out = np.random.default_rng([seed, 3]), 0, []
    for i in range(spec["passes"]):
        if seen < spec["chunks"] and i % 2 == 0:
            out.append(seen)
            seen += 1
        else:
            out.append(int(rng.integers(seen)))
    return out


def fit(config: dict[str, Any], work: Path, limit: float) -> None:
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(config["seed"])
    spec, alphabet = config["train"], config["alphabet"]
    index = {c: i + 1 for i, c in enumerate(alphabet)}
    model = network(len(alphabet) + 1).to(memory_format=torch.channels_last)
    print("parameters:", sum(p.numel() for p in model.parameters()), flush=True)
    average = {k: v.clone() for k, v in model.state_dict().items()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=spec["rate"], weight_decay=spec["weight_decay"])
    loss_of = nn.CTCLoss(blank=0, reduction="sum", zero_infinity=True)
    done, step, spent = 0, 0, 0.0
    state_path = work / "state.pt"
    if state_path.exists():
        state = torch.load(state_path, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average, done, step, spent = state["average"], state["done"], state["step"], state["spent"]
        print(f"going on after {done} passes, {spent:.0f} s", flush=True)
    total, chunks = spec["passes"], order(spec, config["seed"])
    began = time.process_time()
    while done < total and time.process_time() - began < limit:
        path = work / f"chunk_{chunks[done]:04d}.npz"
        while not path.exists():
            time.sleep(2)
        pictures, data = load_chunk(path)
        labels = [str(x) for x in data["labels"]]
        rng = np.random.default_rng([config["seed"], 2, done])
        seen, summed, start = 0, 0.0, time.process_time()
        model.train()
        for x, texts, lengths in batches(pictures, labels, spec["batch"], rng):
            progress = (done + seen / len(pictures)) / total
            rate = (
                spec["rate"] * min(1.0, 0.05 + progress * total / 3) * (0.5 + 0.5 * math.cos(math.pi * progress)) + 1e-5
            )
            for group in optimizer.param_groups:
                group["lr"] = rate
            inputs = torch.from_numpy(vary(x, rng))
            with torch.autocast("cpu", torch.bfloat16, enabled=spec["bfloat16"]):
                logits = model(inputs)
            logp = logits.float().log_softmax(2).transpose(0, 1)
            targets = torch.tensor([index[c] for t in texts for c in t], dtype=torch.long)
            sizes = torch.tensor([len(t) for t in texts])
            loss = loss_of(logp, targets, torch.from_numpy(lengths), sizes) / len(texts)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            step += 1
            keep = min(spec["average"], (1 + step) / (10 + step))
            with torch.no_grad():
                for k, v in model.state_dict().items():
                    if v.dtype.is_floating_point:
                        average[k].mul_(keep).add_(v, alpha=1 - keep)
                    else:
                        average[k].copy_(v)
            seen += len(texts)
            summed += float(loss.detach()) * len(texts)
        done += 1
        took = time.process_time() - start
        spent += took
        print(
            f"{done}/{total} passes, loss {summed / seen:.4f}, rate {rate:.1e}, {took:.0f} s, {spent:.0f} s in all",
            flush=True,
        )
        torch.save(
            {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "average": average,
                "done": done,
                "step": step,
                "spent": spent,
            },
            work / "state.tmp",
        )
        os.replace(work / "state.tmp", state_path)


# --- shipping -------------------------------------------------------------------------------------------------------


def export(config: dict[str, Any], work: Path, target: Path) -> Path:
    import torch

    model = network(len(config["alphabet"]) + 1)
    model.load_state_dict(torch.load(work / "state.pt", weights_only=True)["average"])
    model.eval()
    path = target / "number_reader.onnx"
    torch.onnx.export(
        model,
        (torch.zeros((2, 1, 32, 64), dtype=torch.uint8),),
        str(path),
        input_names=["pictures"],
        output_names=["logits"],
        dynamic_axes={"pictures": {0: "n", 3: "w"}, "logits": {0: "n", 1: "t"}},
        opset_version=17,
        dynamo=False,
    )
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["make", "fit", "ship"])
    parser.add_argument("--work", type=Path, required=True, help="folder for chunks and states")
    parser.add_argument("--target", type=Path, default=HERE.parent.parent / "models" / "number_reader")
    parser.add_argument("--share", default="0/1", help="make: this part of so many, such as 0/2 and 1/2")
    parser.add_argument("--seconds", type=float, default=1e9, help="fit: stop after so many seconds of processor time")
    options = parser.parse_args()
    config = configuration()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.step == "make":
        part, parts = options.share.split("/")
        make(config, options.work, (int(part), int(parts)))
    elif options.step == "fit":
        fit(config, options.work, options.seconds)
    else:
        import measure

        options.target.mkdir(parents=True, exist_ok=True)
        export(config, options.work, options.target)
        measure.ship(config, options.work, options.target)


if __name__ == "__main__":
    main()
