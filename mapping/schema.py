"""The mapping file's JSON Schema, for editors that complete and check it while it is written."""

from __future__ import annotations

from typing import Any

from governance.codes import CODES
from governance.presets import PRESETS
from mapping.config import MappingConfig
from mapping.field_help import FIELD_HELP, KEY_NAMES, VALUE_NAMES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Everything that the models know, with the codes and stages that a file may name."""
    found = MappingConfig.model_json_schema(by_alias=True)
    found["$schema"] = DIALECT
    found["title"] = "Gatepost mapping"
    definitions = found["$defs"]
    definitions["PolicyRule"]["properties"]["off"]["items"] = {"type": "string", "enum": sorted(CODES)}
    stages = sorted({stage.key for policy in PRESETS.values() for stage in policy.stages})
    definitions["StageRule"]["properties"]["from_status"]["additionalProperties"] = {"type": "string", "enum": stages}
    for definition in definitions.values():
        # A model's docstring speaks to its reader in the code; an editor shows the first sentence.
        if "description" in definition:
            definition["description"] = str(definition["description"]).partition("\n\n")[0]
    for name, definition in (*definitions.items(), (MappingConfig.__name__, found)):
        for key, about in definition.get("properties", {}).items():
            about["description"] = FIELD_HELP[name][key]
            # Keywords of our own, which a validator passes over: whose names an editor may propose here.
            if key in VALUE_NAMES.get(name, {}):
                about["x-names"] = VALUE_NAMES[name][key]
            if key in KEY_NAMES.get(name, {}):
                about["x-keys"] = KEY_NAMES[name][key]
    return found
