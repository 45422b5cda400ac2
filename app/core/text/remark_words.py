"""The words by which remarks are told apart, in one place for chains, forms, calls and paper.

health        sick, pregnant, tested, disabled: only the point leader reads it, it never reaches paper
special need  medicine, infants, people who live alone or cannot cook: the point leader looks after it
urgent        cannot wait for the next round
door          what the one at the door has to know
at home       more of that, where the text is a remark in any case (消毒 in an order is 消毒液)

The English ones are beginnings of words ("diabet" for diabetic and diabetes); one with a full stop is a whole word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HEALTH = tuple(
    "高血压 高血药 高压药 降压 血压 血糖 糖尿病 糖尿 降糖 高血脂 胰岛素 透析 化疗 放疗 癌 肿瘤 哮喘 心脏病 心脏 冠心病"
    " 中风 抑郁 精神病 精神科 癫痫 痴呆 失能 发烧 发热 阳性 阳了 确诊 感染 隔离 密接 核酸 怀孕 怀了 孕期 孕妇 产妇 哺乳"
    " 月子 坐月子 早产 残疾 瘫痪 卧床 轮椅 耳聋 耳背 失明 过敏 受伤 骨折 手术 病人 生病 患者 慢性病 肾病 尿毒症"
    " 配药 处方 氧气 制氧 雾化 导尿 造口".split()
)
SPECIAL = tuple(
    "药 奶粉 尿不湿 纸尿裤 尿布 尿片 尿裤 拉拉裤 奶瓶 奶嘴 产妇 孕妇 孕妈 哺乳 月子 婴儿 婴幼 宝宝 小宝 新生儿 幼儿"
    " 辅食 三岁 老人 老年人 老年 老伴 老父 老母 高龄 岁老 独居 一个人住 残疾 行动不便 轮椅 盲人 聋哑 低保 不会用手机"
    " 没有锅 没锅 无锅 没有灶 没有厨房 没有燃气 没有煤气 没燃气 没有电磁炉 没法做饭 不能做饭 无法做饭"
    " 高血压 胰岛素 癫痫 透析".split()
)
NO_MEDICINE = ("山药", "芍药", "火药")
URGENT = tuple("急需 急用 很急 着急 断粮 没吃的 什么也没有 救救 断奶 紧急 快没了".split())
DOOR = tuple(
    "门口 敲门 门铃 打电话 电话联系 电话通知 放邻居 给邻居 门卫 保安 物业 门把手 送到家 送上门 送货上门 放楼下 放电梯"
    " 放鞋柜 快递柜 送家 别敲 勿敲 轻声 消防栓 奶箱 别怕 自提 自取".split()
)
AT_HOME = tuple(
    "来电 鞋柜 小声 轻一点 轻点 重一点 大声 挂门 有狗 有猫 孩子在睡 睡觉 消毒 放地上 密码 钥匙 后门 侧门 楼梯".split()
)


_ENGLISH = re.compile(r"[a-z]{3}")


def _beginnings(words: str) -> re.Pattern[str]:
    """One pattern for beginnings of English words, written one a line; a full stop at the end closes the word."""
    starts: Iterable[str] = (line.strip() for line in words.strip().splitlines())
    parts = (re.escape(one.rstrip(".")) + (r"(?![a-z])" if one.endswith(".") else "") for one in starts)
    return re.compile(r"(?<![a-z])(?:" + "|".join(parts) + ")")


HEALTH_ENGLISH = _beginnings(
    """
    diabet
    insulin
    blood sugar
    blood pressure
    hypertens
    pregnan
    expecting a
    expecting twins
    breastfe
    breast-fe
    breast fe
    nursing mother
    postnatal
    postpartum
    miscarr
    dialysis
    kidney
    renal
    cancer
    tumor
    tumour
    chemo
    radiotherap
    leukemi
    leukaemi
    asthma
    copd.
    bronchi
    pneumonia
    heart attack
    heart condition
    heart disease
    heart failure
    heart patient
    heart problem
    heart surgery
    cardiac
    pacemaker
    stroke.
    dementia
    alzheimer
    parkinson
    epilep
    seizure
    depress
    anxiety
    mental
    psychiatr
    bipolar
    schizo
    autis
    suicid
    fever
    cough
    flu.
    tested positive
    test positive
    positive test
    positive case
    is positive
    are positive
    covid
    corona
    omicron
    virus
    infect
    contagi
    quarantin
    isolat
    close contact
    symptom
    hiv.
    aids.
    hepatitis
    tubercul
    allerg
    anaphyla
    celiac
    coeliac
    disab
    handicap
    wheelchair
    wheel chair
    crutch
    paraly
    bedridden
    bed-ridden
    deaf
    hard of hearing
    hearing impair
    hearing aid
    blind.
    visually impair
    cannot walk
    can't walk
    can not walk
    unable to walk
    broken leg
    broken arm
    broken hip
    broken foot
    fractur
    injur
    surger
    operation.
    operated on
    post-op
    wound
    hospital
    patient.
    patients
    prescri
    oxygen
    nebuli
    catheter
    stoma.
    ill.
    illness
    sick
    disease
    medical condition
    diagnos
    cholesterol
    thyroid
    arthrit
    gout.
    migraine
    transplant
    immune
    immuno
    morphine
    """
)
SPECIAL_ENGLISH = _beginnings(
    """
    medicine
    medication
    tablets
    pills
    pharmac
    formula
    baby
    babies
    infant
    newborn
    new-born
    toddler
    diaper
    nappy
    nappies
    elderly
    old man
    old lady
    old woman
    old people
    senior
    lives alone
    live alone
    living alone
    on my own
    on her own
    on his own
    no stove
    no cooker
    no kitchen
    no pan
    no pot
    no gas
    cannot cook
    can't cook
    unable to cook
    no smartphone
    no smart phone
    halal
    vegan
    vegetarian
    urgent
    emergency
    out of food
    no food
    nothing to eat
    run out of
    running out
    starving
    help!
    """
)
DOOR_ENGLISH = _beginnings(
    """
    door
    knock
    ring.
    ring the
    bell.
    doorbell
    call me
    call before
    call first
    call when
    phone me
    phone first
    text me
    lift
    elevator
    gate.
    stairs
    dog.
    cat.
    asleep
    sleeping
    quiet
    """
)


def says_health(folded: str) -> bool:
    """Whether a folded text in lower case speaks of somebody's health."""
    for word in NO_MEDICINE:
        folded = folded.replace(word, "")
    return any(word in folded for word in HEALTH) or _says(HEALTH_ENGLISH, folded)


def says_special_need(folded: str) -> bool:
    """Whether a folded text in lower case names something that somebody has to look after."""
    for word in NO_MEDICINE:
        folded = folded.replace(word, "")
    return any(word in folded for word in SPECIAL) or _says(SPECIAL_ENGLISH, folded)


def _says(beginnings: re.Pattern[str], folded: str) -> bool:
    """Most texts hold no English: looking for any at all is much cheaper than looking for each word."""
    return _ENGLISH.search(folded) is not None and beginnings.search(folded) is not None
