"""Lists of parts in prose: 发布信息249条，其中：政策文件39条. Which number is a part of which."""

from __future__ import annotations

import re

# A list of parts begins; those of COMPLETE claim to be whole, 其中 and 包括 may leave things out.
# So does what follows the number at once in parentheses, or behind a colon.
PARTS = re.compile(
    r"其中|包括|包含|（含|分别(?:是|为)|具体(?:为|是|包括|如下)?|主要(?:为|是|包括)|^[（：](?!上|较|比|同比)"
)
COMPLETE = re.compile(r"分别(?:是|为)|具体(?:为|是|如下)")
# Behind ； these begin another matter, and end the list.
NEW_MATTER = re.compile("收到|受理|办理|开展|组织|召开|举办|举行|回复|答复|全年|引起|引发|接到|接收")
