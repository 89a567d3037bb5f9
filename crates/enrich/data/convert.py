#!/usr/bin/env python3
"""Makes uap-core.json and bots.json from the published packages (see NOTICE.md).

usage: convert.py UA_PARSER_BUILTINS_DIR CRAWLER_USER_AGENTS_DIR

UA_PARSER_BUILTINS_DIR   the unpacked wheel of PyPI's ua-parser-builtins
CRAWLER_USER_AGENTS_DIR  the unpacked npm package crawler-user-agents
"""

import json
import sys
import types
from pathlib import Path

FIELDS = {
    "user_agent_parsers": ["regex", "family_replacement", "v1_replacement", "v2_replacement"],
    "os_parsers": ["regex", "os_replacement", "os_v1_replacement", "os_v2_replacement",
                   "os_v3_replacement", "os_v4_replacement"],
    "device_parsers": ["regex", "regex_flag", "device_replacement", "brand_replacement",
                       "model_replacement"],
}


def parser(group):
    """A stand-in for a parser class of ua_parser: keeps its arguments as one rule."""
    def rule(*values):
        if len(values) > len(FIELDS[group]):
            raise SystemExit(f"{group}: more arguments than known fields: {values}")
        return {k: v for k, v in zip(FIELDS[group], values) if v is not None}
    return rule


def rules(package):
    """The rule lists of the generated module regexes.py."""
    stub = types.ModuleType("ua_parser.user_agent_parser")
    stub.UserAgentParser = parser("user_agent_parsers")
    stub.OSParser = parser("os_parsers")
    stub.DeviceParser = parser("device_parsers")
    sys.modules.update({"ua_parser": types.ModuleType("ua_parser"), stub.__name__: stub})
    module = {}
    exec((package / "ua_parser_builtins" / "regexes.py").read_text(), module)
    return {group: module[group.upper()] for group in FIELDS}


def one_a_line(items):
    return "[\n" + ",\n".join(json.dumps(i, ensure_ascii=False) for i in items) + "\n]"


def main(builtins, crawlers):
    here = Path(__file__).parent
    groups = rules(builtins)
    body = ",\n".join(f'"{g}": {one_a_line(items)}' for g, items in groups.items())
    (here / "uap-core.json").write_text("{\n" + body + "\n}\n")
    listed = json.loads((crawlers / "crawler-user-agents.json").read_text())
    (here / "bots.json").write_text(one_a_line(i["pattern"] for i in listed) + "\n")
    print({g: len(v) for g, v in groups.items()}, {"bots": len(listed)})


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
