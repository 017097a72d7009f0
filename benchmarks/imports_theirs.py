"""The same file by django-import-export in its bulk mode, with the same checks: `FILE`."""

from benchmarks import inside  # isort: skip  # noqa: F401  # before anything of the portal

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import tablib
from import_export import fields, resources, widgets

from contacts.models import Contact
from contacts.names import clean_name, name_key
from contacts.phone import operator_of, parse_mobile


class People(resources.ModelResource):
    """Names and numbers; the rest of a row goes into the office's own fields."""

    name = fields.Field(attribute="name", column_name="Name")
    mobile = fields.Field(attribute="mobile", column_name="Mobile")
    values = fields.Field(attribute="fields", column_name="values", widget=widgets.JSONWidget())

    class Meta:
        model = Contact
        import_id_fields: list[str] = []
        fields = ("name", "mobile", "values")
        use_bulk = True
        batch_size = 1000
        force_init_instance = True
        skip_diff = True
        report_skipped = False

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        row["Mobile"] = parse_mobile(row["Mobile"])
        row["values"] = json.dumps({"fee_due": int(row["Fee due"])})

    def before_save_instance(self, instance: Contact, row: Any, **kwargs: Any) -> None:
        instance.name = clean_name(instance.name)
        instance.name_key = name_key(instance.name)
        instance.operator = operator_of(instance.mobile).value


def main(path: str) -> None:
    started = time.perf_counter()
    content = Path(path).read_bytes()
    if path.endswith(".csv"):
        table = tablib.Dataset().load(content.decode(), format="csv")
    else:
        table = tablib.Dataset().load(content, format="xlsx")
    People().import_data(table, raise_errors=False, use_transactions=False)
    took = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"took": took, "peak": peak, "created": Contact.objects.count()}))


if __name__ == "__main__":
    main(sys.argv[1])
