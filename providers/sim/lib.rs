//! A cloud in memory, scripted: latency, failures, throttling, eventual consistency, crash points.
