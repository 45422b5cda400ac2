"""The commands of `louda`: name, where the click command lives, and what it does. Standard library only.

The place is a string so that nothing is imported before the command is called: `louda help` needs no installation, and
`louda doctor` does not load the planner.
"""

from __future__ import annotations

from typing import NamedTuple


class CommandEntry(NamedTuple):
    """One command: `target` is "module:attribute" of a click command."""

    target: str
    zh: str
    en: str


COMMANDS: dict[str, CommandEntry] = {
    "run": CommandEntry("app.upkeep.commands:run", "启动网页和后台任务", "start the web server and the worker"),
    "web": CommandEntry("app.upkeep.commands:web", "只启动网页", "start only the web server"),
    "work": CommandEntry("app.upkeep.commands:work", "只启动后台任务", "start only the worker"),
    "doctor": CommandEntry("app.upkeep.commands:doctor", "检查缺什么、哪里不安全", "say what is missing or unsafe"),
    "migrate": CommandEntry("app.upkeep.commands:migrate", "把数据库升级到最新版本", "bring the database up to date"),
    "backup": CommandEntry("app.upkeep.commands:backup", "备份数据库和单据", "back up database and documents"),
    "restore": CommandEntry("app.upkeep.commands:restore", "从备份恢复", "restore a backup"),
    "confirm-date": CommandEntry(
        "app.upkeep.commands:confirm_date", "确认日期，恢复自动清除", "confirm the date after a doubt"
    ),
    "store": CommandEntry("app.upkeep.store:store", "单据搬进共用的存储", "move files into a shared store"),
    "demo": CommandEntry("app.demo.commands:demo", "演示街道的一整天", "one whole day on the demo subdistrict"),
    "import": CommandEntry("app.upkeep.importing:import_group", "导入楼栋、商品、订单", "import places, items, orders"),
    "chain": CommandEntry("app.intake.cli:chain", "读入接龙文本", "read a chain (jielong) text"),
    "reconcile": CommandEntry(
        "app.oversight.reconcile.cli:reconcile", "核对账目与事件链", "check the equations and the event chain"
    ),
    "drill": CommandEntry("tests.drills.commands:drill", "演练：长时间、随机中断", "trials: long runs, random kills"),
    "fleet": CommandEntry("app.upkeep.fleet.commands:fleet", "在本机试多机部署", "try many processes on this machine"),
    "account": CommandEntry("app.upkeep.accounts:account", "管理工作人员账号", "manage staff accounts"),
    "docs": CommandEntry("app.upkeep.docs:docs", "在本机看文档", "read the documentation on this machine"),
}
BEFORE_COMMANDS = {
    "test": ("安装测试工具并运行全部测试", "install the test tools and run the whole suite"),
    "help": ("显示本说明", "show this text"),
}
ENVIRONMENT = (
    "HOST=127.0.0.1 PORT=8000",
    "LOUDA_ENV=development|production",
    "LOUDA_DATA_DIR=./var",
    "LOUDA_DATABASE_URL=sqlite:///…|postgresql+psycopg://…",
    "LOUDA_PUBLIC_URL=https://…",
    "LOUDA_TRUSTED_HOSTS=…,…",
)


def help_text() -> str:
    """What `louda help` prints: every command with its purpose, then the variables that are honoured."""
    texts = {**{name: (entry.zh, entry.en) for name, entry in COMMANDS.items()}, **BEFORE_COMMANDS}
    lines = [f"  {name:<12} {zh}  {en}" for name, (zh, en) in texts.items()]
    variables = [f"  {variable}" for variable in ENVIRONMENT]
    return "\n".join(["Louda 楼达", "", "./louda 命令 COMMAND [--help]", *lines, "", "变量 Variables", *variables])
