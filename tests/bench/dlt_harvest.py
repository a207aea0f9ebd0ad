"""The peer: dlt loads the same comments from the same server into Parquet on the same S3 store.

Runs in a virtual environment of its own (requirements-bench.txt). Prints one JSON line: rows and seconds, counted
from the first request to the last load, imports not counted.
"""

from __future__ import annotations

import json
import os
import sys
import time

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt
from dlt.sources.rest_api import rest_api_source


def main(server: str, endpoint: str, access_key: str, secret_key: str, bucket: str, folder: str) -> None:
    source = rest_api_source(
        {
            "client": {"base_url": server},
            "resources": [
                {
                    "name": "comments",
                    "endpoint": {
                        "path": "bulk/comments",
                        "paginator": {"type": "page_number", "base_page": 1, "total_path": None,
                                      "stop_after_empty_page": True},
                    },
                }
            ],
        }
    )  # fmt: skip
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=folder,
        dataset_name="bench",
        destination=dlt.destinations.filesystem(
            bucket_url=f"s3://{bucket}/dlt",
            credentials={"aws_access_key_id": access_key, "aws_secret_access_key": secret_key,
                         "endpoint_url": endpoint, "region_name": "us-east-1"},
        ),
    )  # fmt: skip
    started = time.perf_counter()
    pipeline.run(source, loader_file_format="parquet")
    seconds = time.perf_counter() - started
    rows = pipeline.last_trace.last_normalize_info.row_counts["comments"]
    print(json.dumps({"rows": rows, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
