"""The plugin process and the wire to it. Knows nothing of Airflow but a logger and the exceptions."""
