"""The tables of an invented subdistrict, as a real one would hand them over, for the ordinary import.

Every name here is invented; coordinates lie in a lake. Telephone numbers begin with 1990000, as generated ones do.
"""

from __future__ import annotations

CODE, NAME = "990100001", "云栖街道（演示）"

COMMUNITIES = """社区,社区编号
溪上社区,001
桂里社区,002
"""

POINTS = """点位,社区,仓库,值班电话,经度,纬度
溪上服务点,溪上社区,是,199 0000 0201,120.1400,30.2300
桂里服务点,桂里社区,否,199 0000 0202,120.1462,30.2335
"""

# name, community, lon, lat, labels, stairwells, floors, rooms per floor, lift
COMPOUNDS = (
    ("溪上人家", "溪上社区", 120.1392, 30.2308, ("1幢", "2幢", "3幢", "5幢", "10幢"), 2, 6, 2, False),
    ("听松苑", "溪上社区", 120.1418, 30.2291, ("1号楼", "2号楼", "3号楼"), 1, 11, 4, True),
    ("老水厂宿舍", "溪上社区", 120.1377, 30.2289, ("甲", "乙"), 3, 5, 2, False),
    ("桂花里", "桂里社区", 120.1455, 30.2341, ("1栋", "2栋", "3栋", "4栋"), 2, 6, 2, False),
    ("明月湾", "桂里社区", 120.1479, 30.2329, ("A座", "B座", "C座"), 1, 18, 4, True),
)

ITEMS = """商品,编号,类别,单位,规格,单价,重量,体积,储存,易碎,别名
青菜,V01,蔬菜,份,500g/份,3.50,500,1500,常温,,小青菜 上海青
土豆,V02,蔬菜,袋,1kg/袋,4.80,1000,1600,常温,,洋芋 马铃薯
西红柿,V03,蔬菜,份,500g/份,5.20,500,1000,常温,,番茄
胡萝卜,V04,蔬菜,份,500g/份,3.20,500,900,常温,,红萝卜
洋葱,V05,蔬菜,份,500g/份,2.90,500,900,常温,,
鸡蛋,E01,蛋奶,板,30枚/板,26.00,1800,6000,常温,是,鸡蛋一板
鲜牛奶,M01,蛋奶,盒,950ml/盒,13.50,1000,1000,冷藏,,牛奶
酸奶,M02,蛋奶,组,8杯/组,16.80,900,1300,冷藏,,
大米,R01,粮油,袋,5kg/袋,32.00,5000,6000,常温,,米
面条,R02,粮油,包,1kg/包,8.90,1000,2000,常温,,挂面
食用油,R03,粮油,瓶,1.8L/瓶,29.90,1700,2200,常温,,油
速冻水饺,F01,冷冻,袋,1kg/袋,19.90,1000,1800,冷冻,,饺子
猪肉,P01,肉类,份,500g/份,18.00,500,700,冷藏,,五花肉
卷纸,H01,日用,提,10卷/提,22.00,1200,12000,常温,,厕纸 卫生纸 草纸
饮用水,H02,日用,箱,550ml*12瓶/箱,15.00,6600,9000,常温,,矿泉水
奶粉,B01,婴儿,罐,900g/罐,198.00,1000,2500,常温,,婴儿奶粉
"""

SUPPLIES = """供应商,商品,每件,每件价格,起订件数
湖畔菜场,青菜,20,52.00,1
湖畔菜场,土豆,10,36.00,1
湖畔菜场,西红柿,20,78.00,1
湖畔菜场,胡萝卜,20,46.00,1
湖畔菜场,洋葱,20,40.00,1
湖畔菜场,鸡蛋,6,132.00,1
联丰批发,鸡蛋,12,258.00,1
联丰批发,大米,4,104.00,1
联丰批发,面条,10,68.00,1
联丰批发,食用油,6,150.00,1
联丰批发,卷纸,6,108.00,1
联丰批发,饮用水,1,12.00,5
联丰批发,奶粉,6,1080.00,0
冷链直送,鲜牛奶,12,132.00,1
冷链直送,酸奶,6,82.00,1
冷链直送,速冻水饺,10,156.00,1
冷链直送,猪肉,10,142.00,1
"""


# what the supplies team may give instead: short item, substitute, so many for so many
SUBSTITUTES = (("青菜", "胡萝卜", 1, 1), ("青菜", "洋葱", 1, 1), ("鲜牛奶", "酸奶", 1, 1))


def compounds() -> str:
    """The compounds' table, WGS84."""
    rows = ["小区,小区编号,社区,经度,纬度,别名"]
    for number, (name, community, lon, lat, *_rest) in enumerate(COMPOUNDS, start=1):
        rows.append(f"{name},Y{number:03d},{community},{lon:.6f},{lat:.6f},")
    return "\n".join(rows) + "\n"


def buildings() -> str:
    """The buildings' table: a grid of houses around the middle of each compound."""
    rows = ["小区,楼栋,楼栋编号,点位,单元数,楼层数,每层户数,电梯,经度,纬度"]
    for number, (name, community, lon, lat, labels, stairwells, floors, rooms, lift) in enumerate(COMPOUNDS, start=1):
        point = "溪上服务点" if community == "溪上社区" else "桂里服务点"
        for place, label in enumerate(labels):
            east, north = (place % 3 - 1) * 0.00045, (place // 3) * 0.00034
            rows.append(
                f"{name},{label},Y{number:03d}-{place + 1},{point},{stairwells},{floors},{rooms},"
                f"{'是' if lift else '否'},{lon + east:.6f},{lat + north:.6f}"
            )
    return "\n".join(rows) + "\n"
