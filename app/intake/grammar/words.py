"""The fixed words of the grammar: units with their size class, verbs, people, remarks. Data only."""

from __future__ import annotations

# Size class of a unit: 0 a measure, 1 a piece, 2 a small pack, 3 a big pack. Of several numbers that stand together
# (600ml*24瓶4箱) the one with the biggest unit is the quantity, the others are the specification.
_UNITS_BY_SIZE = {
    0: "斤 公斤 千克 kg KG Kg 克 g G 两 升 毫升 ml ML mL Ml L l 公升 寸 厘米 cm mm MM",
    1: "个 枚 片 粒 支 枝 根 张 只 颗 棵 朵 头 尾 双 对 节 块 条 瓣 本 副 台 抽 页 贴",
    2: "瓶 罐 听 杯 碗 盒 袋 包 卷 串 把 筒 捆 扎 束 盘 碟 壶 刀 客 块装 小包 小袋 小盒 小瓶 板 版 打 排 连 条装",
    3: "箱 件 提 筐 篮 桶 份 组 套 大箱 小箱 大包 大袋 大盒 大瓶 大桶 小桶 人份 单 坛 盆 单份 缸 床",
}
UNITS: dict[str, int] = {unit: size for size, units in _UNITS_BY_SIZE.items() for unit in units.split()}
# What may follow a number of goods, as far as telling it from an address needs.
SHORT_UNITS = frozenset(unit[:2] if unit.isascii() else unit[0] for unit in UNITS if unit != "两")
UNIT_MAX = max(len(unit) for unit in UNITS)

# A number before these is no quantity of goods.
NOT_GOODS_AFTER_NUMBER = frozenset("元块角分人口号楼室栋幢层点时月日岁度周折%￥年户区期弄")

# Numerals inside names: here they count nothing.
PROTECTED = tuple(
    "三只松鼠 六个核桃 一次性 十三香 五花肉 八宝粥 三黄鸡 二锅头 四季豆 七度空间 千层饼 千张 百事可乐"
    " 三元牛奶 五香粉 五香"
    " 九阳豆浆 两面针 三全 四件套 五谷杂粮 五粮液 六必居 八角 百合 百香果 百叶 千页豆腐 三文鱼 三明治 三鲜"
    " 双十一 万年青"
    " 一品鲜 一滴香 十月稻田 零食 零度可乐 零卡 一级 二级 特一粉 统一 84消毒液".split()
)

# 三个月 is an age, 一对门 a neighbour: here the character is no unit.
NOT_UNIT_BEFORE = {
    "个": "月人小星",
    "条": "件",
    "本": "地",
    "头": "发",
    "对": "门面",
    "份": "子",
    "单": "元独位",
    "两": "岁",
    "节": "日",
}
VERBS_BEFORE = tuple(
    "给他订 给她订 给他 给她 帮他 帮她 给我妈 给我爸 给爸妈"
    " 也带 也要 也来 再带 带 麻烦帮我 麻烦 请帮我 请帮忙 帮忙 帮我 给我 我家要 我家订 我也要 我要 我订 我来"
    " 另外 另 我拿 我家"
    " 想要 想订 需要 预订 预定 下单 登记 报名 参加 参团 跟团 认购 申请 购买 要 来 订 拿 买 求 也 团 拼"
    " 接 跟 购 留 我".split()
)
VERBS_BY_FIRST: dict[str, list[str]] = {}
for _verb in VERBS_BEFORE:
    VERBS_BY_FIRST.setdefault(_verb[0], []).append(_verb)
# These count as verbs only when they stand alone: 带鱼 and 求 in a name are no verbs.
VERBS_ALONE = frozenset("带也求团拼接跟购留我")
VERBS_AFTER = tuple("各要 需要 想要 接龙 下单 登记 报名 预订 预定 参团 跟团 参加 要 来 订 拿 买 加".split())

KIN = tuple(
    "阿姨 大姨 小姨 叔叔 叔 伯伯 大伯 伯 大爷 爷爷 奶奶 姥姥 外婆 外公 大妈 妈妈 妈 爸爸 爸 哥哥 哥 姐姐 姐"
    " 弟弟 弟 妹妹 妹 先生 女士"
    " 小姐 太太 老师 师傅 医生 同学 同志 老板 嫂 嫂子 婶 婶婶 家 宝妈 宝爸 主任 书记 经理 师母 大哥 大姐 阿婆"
    " 老伯 阿公 老人 老人家 女儿 儿子 媳妇 女婿 孙子 孙女 外甥 老公 老婆 爱人 亲戚 朋友 邻居 护工 保姆 家属 家人"
    " 老太 老太太".split()
)
# Words of nicknames that no place bears (爱吃鱼的猫, 奔跑的蜗牛, 一颗柠檬糖).
NICKNAME_WORDS = tuple(
    "的 吃 妈 爸 猫 狗 熊 喵 汪 咪 猴 虎妞 蜗牛 宝贝 宝宝 宝妈 乖 萌 妞 丫 娃 崽 胖 瘦 懒 傻 呆 笨"
    " 不 想 爱吃 爱你 最爱 么 吗 呀 哦 哈 呵 嘻 笑 哭 睡 奔跑 快乐 开心 幸福的 微笑 淡定 随缘 知足 平淡 先生"
    " 女士 小姐"
    " 师傅 志愿者 楼长 团长 群主 大白 天使 精灵 公主 王子 女王 侠    "
    " 若 而 莫 淡 忆 缘 梦 随 花开 静好 往事 如烟 似水 听风 听雨 看海 追梦"
    " 梦想 逍遥 无忧 有约 飞翔 飘 吹"
    " 流浪 远方 回忆".split()
)
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程"
    "苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝"
    "龚邵万钱严覃武戴莫孔向汤"
)
# A word that ends in one of these is goods rather than a person.
GOODS_ENDS = frozenset(
    "瓜菜豆菇果桃梨橙橘桔柑柚莓蕉枣薯芋藕笋葱姜蒜椒茄萝卜鱼虾蟹肉蛋奶乳酪米面油盐酱醋酒水纸巾粉糖茶饼包糕鸡"
    "鸭鹅牛羊猪 骨排翅腿肝肚肠腐干皮片丝丁块汤羹粥饭馒饺馄饨粽串芽苗叶花耳菌参药液皂膏刷袋膜罩手套垫棉精"
    "素料汁饮可乐啤餐套盒箱份麦"
)
GOODS = frozenset(
    "蔬菜 青菜 白菜 菠菜 生菜 油麦菜 芹菜 韭菜 空心菜 娃娃菜 花菜 西兰花 卷心菜 包菜 绿叶菜 叶菜 素菜 土豆"
    " 红薯 番薯 山药 芋头 玉米"
    " 萝卜 胡萝卜 黄瓜 冬瓜 南瓜 丝瓜 苦瓜 西葫芦 番茄 西红柿 小番茄 茄子 青椒 辣椒 小米辣 豆角 四季豆 毛豆"
    " 豌豆 蚕豆 豆芽 豆腐 豆制品"
    " 豆干 香菇 蘑菇 金针菇 木耳 洋葱 大葱 小葱 葱 姜 生姜 蒜 大蒜 葱姜蒜 莴笋 竹笋 莲藕 马铃薯 水果 苹果"
    " 红富士 香蕉 橙子 橘子 桔子 柚子"
    " 西柚 梨 桃 桃子 葡萄 阳光玫瑰 提子 西瓜 哈密瓜 甜瓜 草莓 蓝莓 樱桃 荔枝 龙眼 芒果 菠萝 火龙果 猕猴桃"
    " 冬枣 柠檬 鸡蛋 鸭蛋 鹌鹑蛋 皮蛋 咸蛋"
    " 牛奶 鲜牛奶 纯牛奶 常温奶 鲜奶 酸奶 奶粉 奶酪 黄油 豆浆 猪肉 五花肉 排骨 大排 小排 牛肉 羊肉 牛腩 鸡肉"
    " 鸡翅 鸡腿 鸡 鸭 鸭肉 鱼 虾 带鱼"
    " 花蛤 肉 肉类 香肠 火腿 火腿肠 培根 大米 米 小米 糯米 面粉 面条 挂面 方便面 泡面 米粉 粉丝 拉面 卷饼皮"
    " 馒头 包子 馄饨 饺子 水饺 汤圆 面包 吐司"
    " 蛋糕 饼干 手抓饼 早餐 午餐 晚餐 盒饭 套餐 蔬菜包 肉包 水果包 油 食用油 菜油 花生油 橄榄油 盐 糖 白糖"
    " 白砂糖 红糖 冰糖 老冰糖 酱油 生抽 老抽"
    " 醋 白醋 陈醋 米醋 料酒 蚝油 鸡精 味精 豆瓣酱 辣椒酱 蒜蓉辣椒酱 番茄酱 色拉酱 淀粉 酵母 酵母粉 榨菜 乳腐"
    " 水 饮用水 矿泉水 纯净水 盐汽水 饮料"
    " 可乐 雪碧 啤酒 白酒 黄酒 咖啡 茶叶 零食 瓜子 花生 南瓜子 薯片 卷纸 厕纸 抽纸 纸巾 餐巾纸 卫生纸 草纸"
    " 卷筒纸 湿巾 酒精湿巾 卫生巾 尿不湿 纸尿裤"
    " 牙膏 牙刷 洗发水 洗发露 沐浴露 洗手液 洗洁精 洗衣液 洗衣粉 肥皂 香皂 消毒液 消毒水 酒精 84消毒液 口罩"
    " 手套 垃圾袋 保鲜膜 保鲜袋 猫粮 狗粮 猫砂"
    " 药 药品 感冒药 退烧药 布洛芬 香烟 蛋 菜 果 成人 儿童 大人 小孩 米面油 调料 调味品"
    " 老干妈 王老吉 康师傅 车厘子 黑木耳 旺旺 海底捞 自热锅 螺蛳粉 酸辣粉"
    " 坚果 巧克力 棒冰 雪糕 冰淇淋 汉堡 披萨".split()
)

# What stands where goods could and names none: `1份或2份`, `还是2份`, `上次的2份没收到`.
NO_ITEMS = frozenset(
    "或 或者 还是 要么 和 跟 以及 再 共 同上 一样 照旧 老样子 随便 多 几 左右 大概 这个 那个 此 该 都".split()
)
NO_ITEM_STARTS = tuple("或 上次 昨天 之前 原来 前面 刚才 已经 还差 少了 没收到 漏了 不是".split())
SYSTEM = ("撤回了一条消息", "拍了拍", "加入了群聊", "移出了群聊", "修改群名", "领取了你的红包")
EVERYBODY = ("整栋", "整幢", "全楼", "整楼", "全栋", "全幢", "整个单元", "全单元", "全体", "所有住户", "每家每户")
CHAT = tuple(
    "收到 好的 好滴 谢谢 感谢 辛苦 早上好 晚上好 早 晚安 哈哈 嗯 嗯嗯 ok OK 赞 可以的 明白 知道了 请问"
    " 什么时候 几点 吗 呢 怎么 多少钱 加油"
    " 接龙了 已接龙 麻烦了 不客气 暂无需要 不需要 无 没有需要 暂时不需要 已收到 已取 到了 撤回了一条消息"
    " 拍了拍".split()
)
EXAMPLE_STARTS = ("例", "示例", "样例", "比如", "格式", "模板", "接龙格式", "参考格式", "填写格式", "范例")
FORMAT_WORDS = tuple(
    "门店 型号 姓名 名字 昵称 房号 门牌 楼号 楼栋 楼幢 栋 幢 号 室 单元 房间 房间号 数量 份数 几份 多少份"
    " 电话 手机 商品 品名 地址 备注"
    " 规格 名称 微信名 需求 物资 楼栋号".split()
)
DESCRIBING = tuple(
    "新鲜 本地 有机 大 小 青 红 黄 绿 白 熟 嫩 老 鲜 甜 整 整箱 进口 国产 优质 普通 散装 袋装 盒装 瓶装 桶装".split()
)
# In front of goods these take back; 退烧药 and 加多宝 are goods.
AGAINST = tuple("不要 不用 不需要 不订 不买 不加 不拿 别 勿 退 去掉 减 少 删 取消 免 扣 撤".split())
REFUSALS = tuple("不要 不用 不需要 不买 不订 不拿 别买 别订 别要 别拿 没要 没订 取消 退 退掉 算".split())
CHANGES_BEFORE = (*AGAINST, "加", "改", "换", "补")
NOT_AGAINST = tuple(
    "退烧 退热 减肥 减盐 减脂 少儿 少林 加多宝 加湿 加碘 换洗 改锥 别克 免洗 免煮 免浆 免切 补水 补钙 别墅".split()
)
CANCELS = (
    "不要了",
    "取消",
    "退了",
    "退掉",
    "不订了",
    "撤销",
    "作废",
    "撤回",
    "不需要了",
    "不用了",
    "退单",
    "删掉",
    "删除",
    "不买了",
    "不拿了",
    "不参加了",
    "退出",
    "放弃",
    "撤单",
    "退团",
    "退订",
    "不接了",
    "弃单",
)
SETS = (
    "修改为",
    "变更为",
    "更正为",
    "改成",
    "改为",
    "更改为",
    "调整为",
    "增加到",
    "减少到",
    "加到",
    "减到",
    "改到",
    "更正",
    "改",
)
ADDS = ("再加", "再来", "多加", "多要", "多订", "追加", "另加", "增加", "又加", "加订", "再要", "再订", "加")
LESSENS = ("减少", "少要", "退掉", "去掉", "减", "少", "退", "取消")
# Grams in each measure: a quantity in one measure is converted to the sale unit only when it comes out whole.
FINE_UNITS = frozenset("克 g G ml ML mL Ml 毫升".split())
GRAMS = {"斤": 500, "公斤": 1000, "千克": 1000, "kg": 1000, "KG": 1000, "Kg": 1000, "克": 1, "g": 1, "G": 1, "两": 50}
PROXY_ENDS = tuple("代订 代买 代下单 代接 代购 代领 代登记 帮订 帮买 代 帮 替".split())
PROXIES = ("代替", "代", "帮", "替", "给")
REDIRECTS = ("送到", "送去", "改送", "送至", "放到", "放在", "转送", "寄到", "收货地址", "送")
EACH = ("各自", "每样", "每种", "各样", "各")
