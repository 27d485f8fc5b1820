//! What happened in a world, counted.

/// What happened in a world; a kind of event that dies out unnoticed proves nothing any more.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Events {
    pub(crate) taken: u64,
    pub(crate) void: u64,
    pub(crate) rejected: u64,
    pub(crate) lost: u64,
    pub(crate) snapshots: u64,
    pub(crate) compactions: u64,
    pub(crate) crashes: u64,
    pub(crate) acked_unheard: u64,
    pub(crate) vanished: u64,
    pub(crate) backups: u64,
    pub(crate) histories: u64,
    pub(crate) empty_rooms: u64,
    pub(crate) ghosts: u64,
    pub(crate) repeated: u64,
    pub(crate) shuffled: u64,
    pub(crate) reloads: u64,
    pub(crate) second_tabs: u64,
    pub(crate) unwritten: u64,
    pub(crate) restored: u64,
    pub(crate) undos: u64,
    pub(crate) connections: u64,
    pub(crate) shown: u64,
    pub(crate) met: u64,
}

impl Events {
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in self.all_mut().into_iter().zip(other.all()) {
            *sum += more.1;
        }
    }

    /// Fails when a kind of event has become rare, for so many worlds.
    pub(crate) fn are_many(&self, worlds: u64) {
        for (kind, times) in self.all() {
            assert!(
                times > worlds / 20,
                "only {times} times {kind} in {worlds} worlds"
            );
        }
    }

    fn all(&self) -> [(&'static str, u64); 23] {
        [
            ("a change taken", self.taken),
            ("a change void", self.void),
            ("a change rejected", self.rejected),
            ("an entry of a report", self.lost),
            ("a snapshot", self.snapshots),
            ("a compaction", self.compactions),
            ("a crash", self.crashes),
            (
                "an append that became durable in a crash, unheard",
                self.acked_unheard,
            ),
            ("an append lost in a crash", self.vanished),
            ("a backup put back", self.backups),
            ("a lost history", self.histories),
            ("an empty room lost", self.empty_rooms),
            (
                "a message of a socket that its client had left",
                self.ghosts,
            ),
            ("a frame to a client twice", self.repeated),
            ("two frames to a client out of order", self.shuffled),
            ("a tab that died and was opened again", self.reloads),
            ("a second tab beside one that lives", self.second_tabs),
            ("a tab that died with something not written", self.unwritten),
            (
                "a change that was pending in a tab opened again",
                self.restored,
            ),
            ("an undo or redo", self.undos),
            ("a connection", self.connections),
            ("something shown", self.shown),
            ("an anchor that all have at rest", self.met),
        ]
    }

    fn all_mut(&mut self) -> [&mut u64; 23] {
        [
            &mut self.taken,
            &mut self.void,
            &mut self.rejected,
            &mut self.lost,
            &mut self.snapshots,
            &mut self.compactions,
            &mut self.crashes,
            &mut self.acked_unheard,
            &mut self.vanished,
            &mut self.backups,
            &mut self.histories,
            &mut self.empty_rooms,
            &mut self.ghosts,
            &mut self.repeated,
            &mut self.shuffled,
            &mut self.reloads,
            &mut self.second_tabs,
            &mut self.unwritten,
            &mut self.restored,
            &mut self.undos,
            &mut self.connections,
            &mut self.shown,
            &mut self.met,
        ]
    }
}
