//! One document's authority: order, log, sessions, dedupe. A state machine without IO.
