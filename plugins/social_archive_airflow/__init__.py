"""Everything that knows both Airflow and the archive, and is not a DAG.

One arrow: dags → social_archive_airflow → social_archive, never back. `provider.py` is the one module here that must
import without Airflow: pip's entry point loads it.
"""
