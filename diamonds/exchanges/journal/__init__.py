"""The journal: a worker's durable queue of exchanges on disk, written before each response is sent."""
