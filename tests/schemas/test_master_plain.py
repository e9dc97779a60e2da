from schemas.encoding import pack, unpack
from schemas.master_data import MasterData
from tests.schemas.small_company import company


def test_master_data_is_the_same_after_packing_classes_and_all() -> None:
    master = company()
    back = MasterData.made_of(unpack(pack(master.plain())))
    assert back == master
    assert repr(back) == repr(master)
    assert back.lots
    assert back.boms
