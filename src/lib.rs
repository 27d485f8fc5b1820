//! draftsync: shared JSON state.
