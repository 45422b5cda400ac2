"""The words that headings are dressed in, and what speaks against taking a line for a heading. Data only."""

from __future__ import annotations

import re

from app.intake.grammar import words

_HAN = "[\u4e00-\u9fff]"
_MANY = "[\\d一二两三四五六七八九十]{1,4}"
DRESSING_WORDS = (
    "还有 另外 接龙 团购 拼团 拼单 开团 团 群 登记表 登记 统计表 统计 汇总表 汇总 名单 清单 "
    "订单 表 住户 居民 业主 邻居们 邻居 大家 各位 朋友们 朋友 老姐妹们 们 的 楼长 组长 团长 "
    "志愿者 负责 代收 转来 转发 整理版 整理 报名 补报 补录 补漏 漏 续报 续 补 后补 回到 以下 "
    "下面 以上 上面 是 开始 开始了 了 啦 哦 喽 呀 吧 哈 啊 今天 今晚 今日 明天 晚上 上午 "
    "下午 早上 周末 本周 截止 截单 截至 时间 前 本楼 本栋 本单元 这里 这儿 这边 也 都 放 报在 "
    "报到 一起 写在 写 接着 看过来 来 你们 我们 您 好 辛苦 谢谢 感谢 麻烦 请 限 每户 每人 "
    "全部 所有 继续 新的 一轮 接上 我是 要 报 门牌号 门牌 份数 房号 楼号 填 和 到货 预售 买 "
    "订 接 单 户主 家 宿舍 小区 社区 合并 更正 更新 补充 例外 汇总如下 如下 明细 情况 晚 早 "
    "明早 明晚 后天 货到再付款 货到付款 支付后 付款后 每份 每箱 每板 每袋 "
    "转发自 来自 群里 从这里 从这 从 还是 "
    "今朝 明朝 夜里 快报 快接 报菜 屋里向 屋里 弄堂里 弄堂 屋里向个 阿拉个 日用 食品 楼组长 一道报 一道接 一道 "
    "群接龙 水果 蔬菜 菜 物资 生活用品 日用品 组 栋 幢 楼 "
).split()
_ROLES = "负责人|负责|统计|代收|代领|登记|整理版|整理|收集|汇总|转发|转来|发来"
_LEADER = "楼栋长|楼组长|单元长|楼长|组长|团长|群主|志愿者|联系人|负责人|老师|管家"

EXAMPLES = re.compile(r"\((?:例|如|格式|示例|请|勿|注|说明)[^)]*\)?|\([接跟][在着]?上?[^)]{1,8}[后下]面?\)")
"""（例：101 1份）, （接一期后面）"""
STRIPPED = re.compile(
    "|".join(
        (
            r"\d{1,2} ?[:点] ?\d{0,2} ?(?:分|半|整)? ?(?:之?前|截单|截止|前截单)?",
            r"\d{1,2} ?[日号] ?(?:上午|下午|中午|早上|晚上|傍晚) ?(?:送货|送|发货|到货|到)?",
            r"\d{1,2}月\d{1,2} ?[日号]?|(?:周|星期)[一二三四五六日天]",
            rf"[￥¥] ?\d+(?:\.\d+)?|\d+(?:\.\d+)?(?:元|块钱?)?(?:/|一|每){_HAN}{{1,2}}|\d+(?:\.\d+)?(?:元|块钱?)",
            rf"(?:本楼|目前|现)?(?:一?共|总共|合计|已登记|登记|已|每户限?购?|限购?|满|还差)?{_MANY} ?(?:户|人|家)",
            rf"(?:一?共|总共|合计|已登记|已|每户限?购?|每人限?|限购?|满|还差) ?{_MANY} ?(?:份|单|箱|个)",
            r"第?[\d一二三四五六七八九十]+ ?[批次轮波群]|\d{3}[\d*]{4,}",
        )
    )
)
"""Times, dates, prices, how many there are, telephone numbers: they say nothing of a place."""
_UNITS = sorted((unit for unit in words.UNITS if not unit.isascii()), key=len, reverse=True)
COUNT = re.compile(r"\d{1,3} ?(?:" + "|".join(_UNITS) + ")")
PERSON = re.compile(rf"(?:{_LEADER}):? ?{_HAN}{{0,4}}?(?:{_ROLES})?(?!{_HAN})|{_HAN}{{1,4}}?(?:{_ROLES})")
DRESSING = re.compile("|".join(sorted(DRESSING_WORDS, key=len, reverse=True)))
AGAINST = re.compile(
    "取消|除外|以外|之外|明天再|改天|昨天|前天|上次|没有|没|暂停|停|封|核酸|先|下楼|上楼|不接|不团|不要|不是|不在|别|勿|其实"
    "|可能|好像|吗|[?？]|收到|到了|送到|自提|领取|取货|提货|集合|门口|存放"
)
"""Words of another matter: the place beside them is not where the lines below live."""
LISTED = re.compile(r"\d{1,2} ?[、,/和与及] ?")
MYSELF = re.compile("我是.*的")
LEADS = re.compile("楼栋长|楼组长|楼长|组长|团长|群主|负责|统计员|管家")
INLINE = re.compile(r"(?P<head>[【\[][^】\]]{1,20}[】\]]|[^:：]{2,20}[:：])(?P<rest>.*\d.*)$")
TELEPHONE = re.compile(r"\d{3}[\d*]{4,}")
BEGINS = re.compile("(?:从?这里?往?)?(?:下面|以下|接下来|后面)(?:的|都|就|全)*(?:是|为) ?")
"""下面是8号楼的 他们楼长有事我代收: the place behind these words is that of the lines below, whatever is said of it."""
TITLED = re.compile(
    r" *(?:\((?P<inside>[^()]{1,20})\)|(?P<good>[\u4e00-\u9fff]{1,8}?)(?:接龙|团购|拼团|开团|报名|登记))(?P<rest>.*)$"
)
"""A good in brackets at the start of a line, or in front of the word for the list."""
PER = re.compile(r"(?:每|限|满)[^,，。;；]{0,10}")
AMOUNT = re.compile(r"\d|[一二两三四五六七八九十半俩仨] ?(?:" + "|".join(_UNITS) + ")")
"""What may be how much somebody wants."""
ENDS = re.compile("结束|到此|为止|完|截止|截单|满|不|没|改成|换成|昨|上次|已|吗|呢|[?？]|什么|几点|怎么|多少|谁")
"""Words of another matter than the good that is ordered below."""
