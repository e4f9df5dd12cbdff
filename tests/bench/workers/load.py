"""CPU of loading folders, each once: `{"folders", "tools", "bind"}` in, `{"load"}` (ms) out.

The first folder warms the process up.  The folders differ in content, so nothing that the process
remembers of one can help with the next.
"""

import json
import statistics
import sys
from time import process_time

from looplet import cartridge_to_preset

ask = json.loads(sys.argv[1])
spent = []
for folder in ask["folders"]:
    start = process_time()
    preset = cartridge_to_preset(folder)
    if ask["bind"]:
        preset.tools, preset.hooks, preset.config, preset.state  # noqa: B018
    spent.append((process_time() - start) * 1000)
    found = len(list(preset.tools.tool_names))
    assert found == ask["tools"], f"{folder}: {found} tools, not {ask['tools']}"
print(json.dumps({"load": statistics.median(spent[1:])}))
