"""The floor: a bare httpx + pyarrow loop over the same threads, one Parquet object a thread, no evidence work.

Prints one JSON line: rows and seconds, imports not counted.
"""

from __future__ import annotations

import io
import json
import sys
import time
import uuid

import boto3
import httpx
import pyarrow as pa
import pyarrow.parquet as pq


def main(server: str, endpoint: str, access_key: str, secret_key: str, bucket: str) -> None:
    s3 = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=access_key, aws_secret_access_key=secret_key,
                      region_name="us-east-1")  # fmt: skip
    pa.array([1])
    started = time.perf_counter()
    rows = 0
    with httpx.Client(base_url=server, timeout=60, trust_env=False) as http:
        page = 1
        while comments := http.get("/bulk/comments", params={"page": page}).json():
            sink = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(comments), sink, compression="zstd")
            s3.put_object(Bucket=bucket, Key=f"floor/{uuid.uuid4().hex}.parquet", Body=sink.getvalue())
            rows += len(comments)
            page += 1
    print(json.dumps({"rows": rows, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main(*sys.argv[1:])
