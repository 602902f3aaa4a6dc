//! Selects, schedules, gates and replays rows: events to reporters
