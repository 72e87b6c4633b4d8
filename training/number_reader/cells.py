"""Training crops: pages of printed cells, damaged as a whole, cut into cells, brought to line pictures.

Printer(config, families).page(rng, level, kinds) -> Page     a damaged page, its cells with what they say
samples(page, rng, crops) -> list[Sample]                      line pictures with their labels
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from fonts import Face

from gxml import imaging_tone
from gxml.numlines import line_pictures
from gxml.numread import REFUSED

IDEOGRAPHS = "万亿元件项条个宗起次份增减加少无"
# Words that stand in cells and labels of these forms, and other ink that is no number.
JUNK_WORDS = (
    "自然人商业企业科研机构社会公益组织法律服务其他总计本年新收政府信息公开申请数量上结转来处理果予以部分不"
    "属于国家秘密行政法规禁止危及安全稳定保护第三方权益内部事务过程性执法案卷查询没有现存该设立公布无提供补正"
    "信访举报投诉重复要求获取逾期告知缴费下度继续办理维持纠错尚未审复议诉讼后起规章规范性文件许可处罚强制收费采购"
)
JUNK_LATIN = "ABCDEFGHKMNPRTUVWXYabdefghkmnqrtuvwxy*#&@=<>~^_①②③④√×★■□△"
FULL_WIDTH = str.maketrans("0123456789.,+-()/:%", "０１２３４５６７８９．，＋－（）／：％")


@dataclass
class Printed:
    """A cell: its inside and each line's ink box in page pixels, with labels."""

    box: tuple[float, float, float, float]
    lines: list[tuple[str, tuple[float, float, float, float], list[tuple[str, float, float]]]]
    kind: str


@dataclass
class Page:
    gray: np.ndarray
    dpi: float
    cells: list[Printed]
    level: str
    faces: list[str] = field(default_factory=list)


@dataclass
class Sample:
    picture: np.ndarray
    label: str
    kind: str


# --- what is printed ------------------------------------------------------------------------------------------------


def _digits(rng: np.random.Generator, longest: int = 9) -> str:
    n = int(rng.choice(range(1, 10), p=np.array([22, 20, 17, 14, 9, 6, 5, 4, 3]) / 100))
    n = min(n, longest)
    style = rng.random()
    if style < 0.12:  # repeats are what CTC finds hard
        text = str(rng.integers(0, 10)) * n
    elif style < 0.24:
        pair = rng.integers(0, 10, 2)
        text = "".join(str(rng.choice(pair)) for _ in range(n))
    else:
        text = "".join(str(d) for d in rng.integers(0, 10, n))
    return text.lstrip("0") or "0" if n > 1 and rng.random() < 0.8 else text


def content(kind: str, rng: np.random.Generator) -> list[str]:
    """Draw the lines of a cell. A space stands for a wide gap; ideographs outside of the alphabet are junk."""
    r = rng.random()
    if kind == "zero":
        return ["0"]
    if kind == "digits":
        return [_digits(rng)]
    if kind == "signed":
        sign = str(
            rng.choice(
                ["增", "减", "+", "-", "增加", "减少", "增：", "减:", "--", "(-"],
                p=[0.24, 0.24, 0.17, 0.19, 0.04, 0.04, 0.02, 0.02, 0.02, 0.02],
            )
        )
        return [sign + _digits(rng, 6) + (")" if sign == "(-" else "")]
    if kind == "money":
        text = _digits(rng, 7)
        if r < 0.85:
            text += "." + "".join(str(d) for d in rng.integers(0, 10, int(rng.choice([1, 2, 2, 2, 3, 4, 4, 6]))))
        return [text + str(rng.choice(["", "", "", "元", "万元", "万元", "亿元", "万"]))]
    if kind == "grouped":
        text = f"{int(rng.integers(1000, 10 ** int(rng.integers(4, 10)))):,}"
        return [text + (f".{rng.integers(0, 100):02d}" if r < 0.3 else "") + ("元" if r > 0.9 else "")]
    if kind == "unit":
        return [_digits(rng, 5) + str(rng.choice(list("件项条个宗起次份")))]
    if kind == "other":
        a, b = _digits(rng, 4), _digits(rng, 3)
        return [
            str(
                rng.choice(
                    [
                        f"{a}%",
                        f"{a}.{b[:2]}%",
                        f"({a})",
                        f"（{a}）",
                        f"{a}/{b}",
                        f"{a}:{b}",
                        f"{a}+{b}",
                        f"{a}-{b}",
                        f"{a},{b}",
                        f"{a}〇{b}",
                        f"{a}({b})",
                    ]
                )
            )
        ]
    if kind == "mark":
        return [
            str(
                rng.choice(
                    ["-", "-", "—", "－", "——", "/", "/", "无", "〇", "〇", "--", ".", "(无)", "（）", "０", "+", "%"]
                )
            )
        ]
    if kind == "blank":
        return []
    if kind == "junk":
        words = "".join(str(c) for c in rng.choice(list(JUNK_WORDS), int(rng.integers(1, 6))))
        latin = "".join(str(c) for c in rng.choice(list(JUNK_LATIN), int(rng.integers(1, 4))))
        return [
            str(
                rng.choice(
                    [
                        words,
                        words,
                        latin,
                        words + _digits(rng, 4),
                        _digits(rng, 4) + latin,
                        latin + _digits(rng, 3),
                        _digits(rng, 2) + latin + _digits(rng, 2),
                        "增" + words,
                        "|" + _digits(rng, 3),
                        _digits(rng, 2) + "|" + _digits(rng, 2),
                    ]
                )
            )
        ]
    if kind == "wrapped":
        text = _digits(rng) + str(rng.choice(["", "", f".{rng.integers(0, 10000)}", "万元"]))
        cut = int(rng.integers(1, max(2, len(text))))
        return [part for part in (text[:cut], text[cut:]) if part]
    if kind == "gap":
        return [_digits(rng, 4) + " " + _digits(rng, 3) + (" " + _digits(rng, 2) if r < 0.2 else "")]
    raise ValueError(kind)


def canonical(char: str, alphabet: str) -> str:
    """Return the sign of the alphabet that a printed sign reads as."""
    char = {
        "—": "-",
        "－": "-",
        "–": "-",
        "−": "-",
        "，": ",",
        "（": "(",
        "）": ")",
        "：": ":",
        "．": ".",
        "＋": "+",
        "％": "%",
        "／": "/",
    }.get(char, char)
    if "０" <= char <= "９":
        char = chr(ord(char) - ord("０") + ord("0"))
    return char if char in alphabet else REFUSED


def squeeze_label(signs: list[str]) -> str:
    """Join signs: a run of junk is one refusal, a run of long dashes is one dash."""
    out: list[str] = []
    for sign in signs:
        if sign == REFUSED and out and out[-1] == REFUSED:
            continue
        out.append(sign)
    return "".join(out)


# --- pages ----------------------------------------------------------------------------------------------------------


class Printer:
    """Prints and damages pages.

    Args:
        config: The whole of config.toml.
        families: (faces of a family, weight).
        companions: Faces with ideographs, for signs that a Latin face lacks.
    """

    def __init__(
        self, config: dict[str, Any], families: list[tuple[list[Face], float]], companions: list[Face]
    ) -> None:
        self.config = config
        self.alphabet = config["alphabet"]
        self.families = families
        self.weights = np.array([w for _, w in families], float)
        self.weights /= self.weights.sum()
        self.companions = companions

    def face(self, rng: np.random.Generator) -> Face:
        faces = self.families[int(rng.choice(len(self.families), p=self.weights))][0]
        bold, italic = rng.random() < self.config["fonts"]["bold"], rng.random() < self.config["fonts"]["italic"]
        exact = (
            [f for f in faces if f.bold == bold and f.italic == italic] or [f for f in faces if not f.italic] or faces
        )
        return exact[int(rng.integers(len(exact)))]

    def page(self, rng: np.random.Generator, level: str, kinds: dict[str, float]) -> Page:
        spec = self.config["levels"][level]
        dpi = float(rng.integers(spec["dpi"][0], spec["dpi"][1] + 1))
        over = 2 if dpi <= 230 else 1
        k = dpi / 72 * over
        layout = self.config["print"]
        widths = rng.uniform(*layout["column_points"], layout["columns"]) * k
        heights = rng.uniform(*layout["row_points"], layout["rows"]) * k
        edge = 22 * k
        xs, ys = edge + np.r_[0, np.cumsum(widths)], edge + np.r_[0, np.cumsum(heights)]
        w, h = int(xs[-1] + edge) // over * over, int(ys[-1] + edge) // over * over
        canvas = np.zeros((h, w), np.uint8)  # ink
        page = Page(canvas, dpi, [], level)
        faces = [self.face(rng) for _ in range(3)]
        page.faces = [f"{f.family} {f.style}" for f in faces]
        companion = self.companions[int(rng.integers(len(self.companions)))]
        usual = layout["usual_sizes"]
        sizes = [
            float(rng.choice(usual)) if rng.random() < 0.5 else float(rng.uniform(*layout["size_points"]))
            for _ in faces
        ]
        stretch = [float(rng.uniform(0.85, 1.15)) if rng.random() < 0.35 else 1.0 for _ in faces]
        shades = [1.0 if rng.random() < 0.8 else float(rng.uniform(0.6, 1.0)) for _ in faces]
        align, spacing = rng.choice(3, p=[0.75, 0.12, 0.13]), float(rng.choice([0, 0, 0, 0, rng.uniform(-0.04, 0.25)]))
        names, odds = list(kinds), np.array(list(kinds.values()), float)
        drawn = rng.choice(len(names), (layout["rows"], layout["columns"]), p=odds / odds.sum())
        cache: dict[Any, Any] = {}
        line = rng.uniform(*layout["ruling_points"]) * k
        for r in range(layout["rows"]):
            for c in range(layout["columns"]):
                i = int(rng.choice(3, p=[0.8, 0.1, 0.1]))
                kind = names[int(drawn[r, c])]
                box = (xs[c] + line / 2, ys[r] + line / 2, xs[c + 1] - line / 2, ys[r + 1] - line / 2)
                lines = self._cell(
                    canvas,
                    rng,
                    content(kind, rng),
                    kind,
                    box,
                    faces[i],
                    companion,
                    sizes[i] * k,
                    stretch[i],
                    shades[i],
                    int(align),
                    spacing,
                    cache,
                )
                page.cells.append(Printed(tuple(v / over for v in box), lines, kind))
        self._rulings(canvas, rng, xs, ys, line)
        for cell in page.cells:
            cell.lines = [
                (t, tuple(v / over for v in b), [(s, x0 / over, x1 / over) for s, x0, x1 in signs])
                for t, b, signs in cell.lines
            ]
        page.gray = damage(canvas, over, rng, spec, dpi, companion)
        if level == "wild":
            _resampled(page, rng)
        return page

    def _rulings(
        self, canvas: np.ndarray, rng: np.random.Generator, xs: np.ndarray, ys: np.ndarray, line: float
    ) -> None:
        style = rng.random()
        if style < 0.06:
            return  # a table without lines
        ink, thick = int(rng.uniform(110, 256)), max(1, round(line))
        for i, x in enumerate(xs):
            t = thick if 0 < i < len(xs) - 1 or style < 0.8 else 2 * thick
            canvas[int(ys[0]) : int(ys[-1]), int(x - t / 2) : int(x - t / 2) + t] = ink
        for y in ys:
            canvas[int(y - thick / 2) : int(y - thick / 2) + thick, int(xs[0]) : int(xs[-1])] = ink

    def _cell(self, canvas, rng, texts, kind, box, face, companion, size, stretch, shade, align, spacing, cache):
        """Print the lines of a cell into `canvas`; return label, ink box and signs of each."""
        if not texts:
            return []
        if rng.random() < 0.04 and kind in ("digits", "zero", "money"):
            texts = [t.translate(FULL_WIDTH) for t in texts]
        x0, y0, x1, y1 = box
        room = x1 - x0 - 0.1 * size
        while True:
            made = [self._signs(t, face, companion, size, stretch, spacing, rng, cache) for t in texts]
            widest = max(signs[-1][1] + signs[-1][2] for signs in made)
            if widest <= room and size * 1.12 * len(texts) <= (y1 - y0):
                break
            if size * 0.85 < 6.5 * self._scale(box, size) or (len(texts) == 1 and widest <= room):
                break
            size *= 0.85
        lead = size * float(rng.uniform(1.05, 1.4))
        if widest > room:
            texts, made = texts[:1], [self._signs("0", face, companion, size, 1.0, 0, rng, cache)]
        base = (y0 + y1) / 2 - lead * (len(made) - 1) / 2 + 0.36 * size
        base += float(rng.uniform(-0.4, 0.4)) * max(0.0, (y1 - y0) - lead * len(made))
        lines = []
        for n, signs in enumerate(made):
            width = signs[-1][1] + signs[-1][2]
            slack = max(0.0, x1 - x0 - width)
            left = x0 + (0.5, 0.06, 0.94)[align] * slack + float(rng.uniform(-0.05, 0.05)) * slack
            placed: list[tuple[str, float, float]] = []
            ink: list[tuple[float, float, float, float]] = []
            for char, at, advance, mask, dx, dy in signs:
                label = " " if char == " " else canonical(char, self.alphabet)
                if mask is None:
                    if char == " ":
                        placed.append((" ", left + at, left + at + advance))
                    continue
                px, py = round(left + at + dx), round(base + n * lead + dy)
                mh, mw = mask.shape
                ax, ay = max(0, px), max(0, py)
                bx, by = min(canvas.shape[1], px + mw), min(canvas.shape[0], py + mh)
                if bx <= ax or by <= ay:
                    continue
                part = mask[ay - py : by - py, ax - px : bx - px]
                if shade < 1.0:
                    part = (part * shade).astype(np.uint8)
                np.maximum(canvas[ay:by, ax:bx], part, out=canvas[ay:by, ax:bx])
                placed.append((label, ax, bx))
                ink.append((ax, ay, bx, by))
            if not ink:
                continue
            bounds = (min(b[0] for b in ink), min(b[1] for b in ink), max(b[2] for b in ink), max(b[3] for b in ink))
            lines.append((_label(placed), bounds, placed))
        return lines

    @staticmethod
    def _scale(box: tuple[float, ...], size: float) -> float:
        return size / 10.5 if size < 10 else 1.0

    def _signs(self, text, face, companion, size, stretch, spacing, rng, cache):
        """Return (char, x, advance, mask, dx, dy) for each char of a line."""
        x, out = 0.0, []
        pixels = max(6, round(size))
        for char in text:
            if char == " ":
                advance = size * float(rng.uniform(1.0, 2.5))
                out.append((" ", x, advance, None, 0, 0))
                x += advance
                continue
            key = (char, face.path, face.index, pixels, round(stretch, 3))
            if key not in cache:
                cache[key] = _glyph(char, face if face.has(char) else companion, pixels, stretch)
            mask, dx, dy, advance = cache[key]
            advance = advance + spacing * size
            out.append((char, x, advance, mask, dx, dy))
            x += advance
        return out


def _resampled(page: Page, rng: np.random.Generator) -> None:
    """Bring a fine or a coarse page to the resolution at which the reader of scans works, most often."""
    dpi = 200.0 if page.dpi > 230 else 140.0 if page.dpi < 140 else page.dpi
    if dpi == page.dpi or rng.random() < 0.25:
        return
    h, w = page.gray.shape
    size = (round(w * dpi / page.dpi), round(h * dpi / page.dpi))
    kx, ky = size[0] / w, size[1] / h
    page.gray = cv2.resize(page.gray, size, interpolation=cv2.INTER_AREA if kx < 1 else _method(rng))
    page.dpi = dpi
    for cell in page.cells:
        cell.box = (cell.box[0] * kx, cell.box[1] * ky, cell.box[2] * kx, cell.box[3] * ky)
        cell.lines = [
            (t, (b[0] * kx, b[1] * ky, b[2] * kx, b[3] * ky), [(s, x0 * kx, x1 * kx) for s, x0, x1 in signs])
            for t, b, signs in cell.lines
        ]


def _label(placed: list[tuple[str, float, float]]) -> str:
    signs = [s for s, _, _ in placed]
    if signs and all(s == "-" for s in signs) and len(signs) == 2 and placed[1][1] - placed[0][2] <= 1:
        return "-"  # two long dashes print as one line
    return squeeze_label(signs)


def _glyph(char: str, face: Face, pixels: int, stretch: float):
    if char == "|":  # a ruling between two numbers
        return (
            np.full((round(pixels * 1.6), max(1, pixels // 14)), 255, np.uint8),
            pixels * 0.1,
            -round(pixels * 1.1),
            pixels * 0.3,
        )
    font = face.at(pixels)
    advance = font.getlength(char) * stretch
    mask, offset = font.getmask2(char, mode="L", anchor="ls")
    w, h = mask.size
    if not w or not h:
        return None, 0, 0, advance
    image = np.array(mask, np.uint8).reshape(h, w)
    inked = image.max(0) > 8, image.max(1) > 8
    if not inked[0].any():
        return None, 0, 0, advance
    c0, c1 = int(np.argmax(inked[0])), w - int(np.argmax(inked[0][::-1]))
    r0, r1 = int(np.argmax(inked[1])), h - int(np.argmax(inked[1][::-1]))
    image = image[r0:r1, c0:c1]
    if stretch != 1.0:
        image = cv2.resize(
            image, (max(1, round(image.shape[1] * stretch)), image.shape[0]), interpolation=cv2.INTER_LINEAR
        )
    return np.ascontiguousarray(image), (offset[0] + c0) * stretch, offset[1] + r0, advance


# --- damage ---------------------------------------------------------------------------------------------------------


def _draw(rng: np.random.Generator, spec: dict[str, Any], name: str) -> float:
    low, high = spec.get(name, (0.0, 0.0))
    return float(rng.uniform(low, high))


def damage(
    ink: np.ndarray, over: int, rng: np.random.Generator, spec: dict[str, Any], dpi: float, companion: Face
) -> np.ndarray:
    """Turn drawn ink into a scanned and straightened grey page.

    Args:
        ink: [H*over, W*over] uint8, 255 full ink.
        over: Pixels drawn for each pixel of the page.
        spec: A level of the configuration.
        dpi: Resolution of the page.
        companion: Face for the words of seals.
    """
    spread = _draw(rng, spec, "spread")
    if abs(spread) > 0.15:  # ink runs or breaks
        kernel = np.ones((3, 3), np.uint8)
        changed = cv2.dilate(ink, kernel) if spread > 0 else cv2.erode(ink, kernel)
        ink = cv2.addWeighted(ink, 1 - abs(spread), changed, abs(spread), 0)
    h, w = ink.shape[0] // over, ink.shape[1] // over
    if over > 1:
        ink = cv2.resize(ink, (w, h), interpolation=cv2.INTER_AREA)
    dark = rng.uniform(0, 50) + 150 * _draw(rng, spec, "fade")
    white = rng.uniform(235, 255)
    gray = white - ink.astype(np.float32) * ((white - dark) / 255)
    seals = int(rng.integers(spec["seals"][0], spec["seals"][1] + 1)) if "seals" in spec else 0
    image = gray
    if seals:
        image = cv2.merge([gray, gray, gray])
        for _ in range(seals):
            _seal(image, rng, dpi, companion)
    warps = _warps(image.shape[:2], rng, spec, dpi)
    # As scanned, a page is straightened after noise and JPEG, which softens both; some scanners straighten before.
    late = rng.random() < 0.6
    if warps is not None:
        image = _warp(image, warps[0], cv2.INTER_LINEAR, white)
        if not late:
            image = _warp(image, warps[1], _method(rng), white)
    gradient = _draw(rng, spec, "light")
    if gradient > 0.02:
        image *= _light(h, w, gradient, rng)[..., None] if image.ndim == 3 else _light(h, w, gradient, rng)
    blur = _draw(rng, spec, "blur")
    if blur > 0.15:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    noise = _draw(rng, spec, "noise")
    if noise > 0:
        image = (
            image + _noise(image.shape[:2], rng, noise)[..., None]
            if image.ndim == 3
            else image + _noise(image.shape, rng, noise)
        )
    specks = int(rng.integers(spec["specks"][0], spec["specks"][1] + 1)) if "specks" in spec else 0
    for _ in range(specks * h * w // 400_000):
        y, x, s = int(rng.integers(h)), int(rng.integers(w)), int(rng.integers(1, 4))
        image[y : y + s, x : x + s] = rng.uniform(0, 120)
    if "fax" in spec and spec["fax"][1] and rng.random() < spec.get("fax_chance", 1.0):
        plain = image if image.ndim == 2 else image.mean(2)
        fax = _fax(plain, rng, dpi)
        if late and warps is not None:
            fax = _warp(fax.astype(np.float32), warps[1], cv2.INTER_CUBIC, 255)
        else:
            fax = _straighten(fax, rng)
        return np.clip(fax, 0, 255).astype(np.uint8)
    coded = np.clip(image, 0, 255).astype(np.uint8)
    if "jpeg" in spec:
        _, data = cv2.imencode(".jpg", coded, [cv2.IMWRITE_JPEG_QUALITY, int(_draw(rng, spec, "jpeg"))])
        coded = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if coded.ndim == 3:
        # Most often the red of seals is taken out as the reader of scans does it; a grey scan shows the seal in full.
        how = rng.random()
        if how < 0.6:
            coded = imaging_tone.to_gray(coded, dpi, imaging_tone.seals(coded, dpi))
        else:
            coded = coded[..., 2] if how < 0.92 else cv2.cvtColor(coded, cv2.COLOR_BGR2GRAY)
    if late and warps is not None:
        coded = _warp(coded, warps[1], _method(rng), white)
    if rng.random() < 0.7:
        coded = imaging_tone.even_light(coded, dpi)
    return np.ascontiguousarray(coded)


def _method(rng: np.random.Generator) -> int:
    return cv2.INTER_CUBIC if rng.random() < 0.6 else cv2.INTER_LINEAR


def _noise(shape: tuple[int, int], rng: np.random.Generator, sigma: float) -> np.ndarray:
    grain = rng.standard_normal(shape, np.float32)
    if rng.random() < 0.3:  # grain larger than a pixel
        grain = cv2.GaussianBlur(grain, (0, 0), 0.6) * 1.9
    return grain * sigma


def _light(h: int, w: int, depth: float, rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(0, 2 * math.pi)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    ramp = (x / w - 0.5) * math.cos(angle) + (y / h - 0.5) * math.sin(angle)
    out = 1 + ramp * 2 * depth - depth * 0.5
    if rng.random() < 0.5:  # the shadow of a hand or a fold
        at, width = rng.uniform(0, w), rng.uniform(0.05, 0.4) * w
        out *= 1 - 0.6 * depth * np.exp(-(((x - at) / width) ** 2))
    return np.clip(out, 0.3, 1.15)


def _warps(
    shape: tuple[int, ...], rng: np.random.Generator, spec: dict[str, Any], dpi: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Skew or perspective, and its removal with a small error, as a reader of scans does; None for a straight page."""
    h, w = shape
    angle, share = _draw(rng, spec, "skew"), _draw(rng, spec, "perspective")
    if abs(angle) < 0.02 and share < 0.004:
        return None
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    moved = corners + rng.uniform(-share, share, (4, 2)).astype(np.float32) * [w, h]
    turn = cv2.getRotationMatrix2D((w / 2, h / 2), angle, 1)
    moved = (moved @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
    left_over = corners + rng.normal(0, 0.5 + 1.2 * share / 0.08, (4, 2)).astype(np.float32) * dpi / 200
    slip = cv2.getRotationMatrix2D((w / 2, h / 2), float(rng.normal(0, 0.06)), 1)
    left_over = (left_over @ slip[:, :2].T + slip[:, 2]).astype(np.float32)
    return cv2.getPerspectiveTransform(corners, moved), cv2.getPerspectiveTransform(moved, left_over)


def _warp(image: np.ndarray, warp: np.ndarray, method: int, white: float) -> np.ndarray:
    h, w = image.shape[:2]
    return cv2.warpPerspective(
        image, warp, (w, h), flags=method, borderMode=cv2.BORDER_CONSTANT, borderValue=(white,) * 3
    )


def _straighten(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turn a page that is skewed within its bits by a small angle, as a reader does after a fax."""
    h, w = image.shape
    turn = cv2.getRotationMatrix2D((w / 2, h / 2), float(rng.normal(0, 0.05)), 1)
    return cv2.warpAffine(image.astype(np.float32), turn, (w, h), flags=cv2.INTER_CUBIC, borderValue=255)


def _fax(image: np.ndarray, rng: np.random.Generator, dpi: float) -> np.ndarray:
    """One bit at about 204 x 98 dpi, or 204 x 196, and back to square pixels."""
    h, w = image.shape
    lines = 98 if rng.random() < 0.8 else 196
    if rng.random() < 0.6:  # the aperture of the scanner is as tall as its lines
        image = cv2.GaussianBlur(image, (0, 0), 0.01, sigmaY=0.3 * dpi / lines)
    small = cv2.resize(
        image, (max(8, round(w * 204 / dpi)), max(8, round(h * lines / dpi))), interpolation=cv2.INTER_AREA
    )
    paper = float(np.percentile(small, 80))
    bits = np.where(small < paper * rng.uniform(0.66, 0.9), 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        bits[rng.random(bits.shape) < rng.uniform(0, 0.004)] = 0
        bits[rng.random(bits.shape) < rng.uniform(0, 0.02)] = 255
    method = int(rng.choice([cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
    return cv2.resize(bits, (w, h), interpolation=method)


def _seal(image: np.ndarray, rng: np.random.Generator, dpi: float, companion: Face) -> None:
    """Stamp a round red seal: ring, star, words along the ring, uneven ink; it darkens what is under it."""
    h, w = image.shape[:2]
    radius = int(rng.uniform(46, 64) * dpi / 72)
    side = 2 * radius + 9
    mask = np.zeros((side, side), np.uint8)
    c = side // 2
    cv2.circle(mask, (c, c), radius, 255, max(2, round(dpi / 45)), cv2.LINE_AA)
    star = [
        (
            c + radius * 0.3 * (1 if i % 2 == 0 else 0.4) * math.sin(i * math.pi / 5),
            c - radius * 0.3 * (1 if i % 2 == 0 else 0.4) * math.cos(i * math.pi / 5),
        )
        for i in range(10)
    ]
    cv2.fillPoly(mask, [np.array(star, np.int32)], 255, cv2.LINE_AA)
    count, glyph = int(rng.integers(8, 14)), max(8, int(radius * 0.27))
    for i in range(count):
        at = (-0.62 + 1.24 * i / (count - 1)) * math.pi
        piece = _glyph(str(rng.choice(list(JUNK_WORDS))), companion, glyph, 1.0)[0]
        if piece is None:
            continue
        ph, pw = piece.shape
        turn = cv2.getRotationMatrix2D((pw / 2, ph / 2), -math.degrees(at), 1)
        x, y = c + 0.8 * radius * math.sin(at), c - 0.8 * radius * math.cos(at)
        turn[:, 2] += (x - pw / 2, y - ph / 2)
        mask = np.maximum(mask, cv2.warpAffine(piece, turn, (side, side), flags=cv2.INTER_LINEAR))
    uneven = cv2.resize(rng.uniform(0.45, 1.0, (9, 9)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    alpha = mask.astype(np.float32) / 255 * uneven * rng.uniform(0.6, 1.0)
    colour = np.array([rng.uniform(20, 90), rng.uniform(20, 80), rng.uniform(190, 250)], np.float32)
    x0, y0 = int(rng.integers(-radius, w - radius)), int(rng.integers(-radius, h - radius))
    ax, ay, bx, by = max(0, x0), max(0, y0), min(w, x0 + side), min(h, y0 + side)
    if bx <= ax or by <= ay:
        return
    a = alpha[ay - y0 : by - y0, ax - x0 : bx - x0, None]
    part = image[ay:by, ax:bx]
    part *= 1 - a + a * (colour / 255)


# --- crops ----------------------------------------------------------------------------------------------------------


def ramp(share: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (share - low) / (high - low)))


def crop_box(
    cell: Printed, rng: np.random.Generator, how: str, dpi: float, shape: tuple[int, ...]
) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = cell.box
    k = dpi / 72
    if how == "tight" and cell.lines:
        bx = [line[1] for line in cell.lines]
        ix0, iy0, ix1, iy1 = min(b[0] for b in bx), min(b[1] for b in bx), max(b[2] for b in bx), max(b[3] for b in bx)
        pad = rng.uniform(0.5, 5.0, 4) * k * 0.8 + 0.7
        box = (
            max(x0 - 1, ix0 - pad[0]),
            max(y0 - 1, iy0 - pad[1]),
            min(x1 + 1, ix1 + pad[2]),
            min(y1 + 1, iy1 + pad[3]),
        )
        box = (min(box[0], ix0 - 1), min(box[1], iy0 - 1), max(box[2], ix1 + 1), max(box[3], iy1 + 1))
    elif how == "over":
        box = (
            x0 - rng.uniform(0, 2) * k,
            y0 - rng.uniform(0, 7) * k,
            x1 + rng.uniform(0, 2) * k,
            y1 + rng.uniform(0, 7) * k,
        )
    else:
        # `grid` is the cut of gxml.cellread, whose rulings are found with a small error.
        inset = (rng.normal(0.84, 0.45, 4) if how == "grid" else rng.uniform(-1.3, 1.6, 4)) * k
        box = (x0 + inset[0], y0 + inset[1], x1 - inset[2], y1 - inset[3])
    h, w = shape[:2]
    a, b = int(max(0, math.floor(box[0]))), int(max(0, math.floor(box[1])))
    return a, b, int(min(w, max(a + 4, math.ceil(box[2])))), int(min(h, max(b + 4, math.ceil(box[3]))))


def cut(
    cell: Printed, rng: np.random.Generator, box: tuple[int, int, int, int]
) -> tuple[tuple[int, int, int, int], str | None]:
    """Move a side of a crop into the ink of a one-line cell; return the box and the label, None for no use."""
    (label, (_ix0, iy0, _ix1, iy1), signs) = cell.lines[0]
    a, b, c, d = box
    side = int(rng.integers(4))
    text = [s for s, _, _ in signs]
    if side < 2:  # left or right
        share = float(rng.uniform(0.05, 1.0))
        sign, sx0, sx1 = signs[0] if side == 0 else signs[-1]
        at = sx0 + share * (sx1 - sx0) if side == 0 else sx1 - share * (sx1 - sx0)
        if side == 0:
            a = round(at)
        else:
            c = round(at)
        if c - a < 4:
            return box, None
        new = "" if share > 0.96 else REFUSED if rng.random() < ramp(share, 0.06, 0.3) else sign
        text[0 if side == 0 else -1] = new
        return (a, b, c, d), squeeze_label([t for t in text if t])
    share = float(rng.uniform(0.04, 0.95))
    if side == 2:
        b = round(iy0 + share * (iy1 - iy0))
    else:
        d = round(iy1 - share * (iy1 - iy0))
    if d - b < 4:
        return box, None
    if share > 0.7:
        return (a, b, c, d), "" if rng.random() < ramp(share, 0.65, 0.85) else REFUSED
    return (a, b, c, d), REFUSED if rng.random() < ramp(share, 0.05, 0.2) else label


def crops(page: Page, rng: np.random.Generator, ways: dict[str, float]) -> list[tuple[np.ndarray, list[str], str]]:
    """Cut a page into crops that hold their cell whole: (crop, labels of its lines, kind)."""
    names, odds = list(ways), np.array(list(ways.values()), float)
    out = []
    for cell in page.cells:
        how = names[int(rng.choice(len(names), p=odds / odds.sum()))]
        a, b, c, d = crop_box(cell, rng, how, page.dpi, page.gray.shape)
        out.append((np.ascontiguousarray(page.gray[b:d, a:c]), [line[0] for line in cell.lines], cell.kind))
    return out


def cut_crops(page: Page, rng: np.random.Generator) -> list[tuple[np.ndarray, str, float]]:
    """Crops of one-line cells that lose a share of their first or last digit: (crop, what is printed, share)."""
    out = []
    for cell in page.cells:
        if len(cell.lines) != 1:
            continue
        label, _, signs = cell.lines[0]
        a, b, c, d = crop_box(cell, rng, "loose", page.dpi, page.gray.shape)
        share = float(rng.uniform(0.1, 1.0))
        if rng.random() < 0.5:
            a = round(signs[0][1] + share * (signs[0][2] - signs[0][1]))
        else:
            c = round(signs[-1][2] - share * (signs[-1][2] - signs[-1][1]))
        if c - a >= 4:
            out.append((np.ascontiguousarray(page.gray[b:d, a:c]), label, share))
    return out


def samples(
    page: Page, rng: np.random.Generator, crops: dict[str, float], stats: dict[str, int] | None = None
) -> list[Sample]:
    """Cut a page into line pictures with labels."""
    ways, odds = list(crops), np.array(list(crops.values()), float)
    out = []
    for cell in page.cells:
        how = ways[int(rng.choice(len(ways), p=odds / odds.sum()))]
        kind = cell.kind
        labels = [line[0] for line in cell.lines] or [""]
        if how == "cut" and len(cell.lines) == 1 and all(sign != " " for sign, _, _ in cell.lines[0][2]):
            box, label = cut(
                cell, rng, crop_box(cell, rng, "grid" if rng.random() < 0.5 else "tight", page.dpi, page.gray.shape)
            )
            if label is None:
                continue
            labels, kind = [label], "cut"
        else:
            how = "grid" if how == "cut" else how
            box = crop_box(cell, rng, how, page.dpi, page.gray.shape)
        crop = np.ascontiguousarray(page.gray[box[1] : box[3], box[0] : box[2]])
        pictures = line_pictures(crop, page.dpi if rng.random() < 0.7 else None)
        if stats is not None:
            stats["cells"] = stats.get("cells", 0) + 1
            if len(pictures) != len(labels):
                stats["lines"] = stats.get("lines", 0) + 1
        if cell.kind == "blank":
            labels = [""] * len(pictures)  # pieces of rulings and seals that look like lines
        if len(pictures) != len(labels):
            continue
        out.extend(Sample(p, label, kind) for p, label in zip(pictures, labels, strict=True))
    return out
