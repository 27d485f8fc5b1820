//! How a server stops: not all at once, so that its clients do not come to another one all at
//! once.

use crate::door::Door;
use crate::limits::{DRAIN_AT_ONCE_MAX, DRAIN_WAVES, Limits};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How far a server has come in stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Open,
    /// It says that nobody new should be sent here, and goes on as before.
    Announced,
    /// Nobody is let in, and sockets of the waves below this one close.
    Closing(u32),
}

/// What is told to stop, and by and by.
#[derive(Debug)]
pub(crate) struct Stop {
    stage: watch::Sender<Stage>,
    next: AtomicU32,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self {
            stage: watch::Sender::new(Stage::Open),
            next: AtomicU32::new(0),
        }
    }

    /// Whether nobody new should be sent here.
    pub(crate) fn is_announced(&self) -> bool {
        *self.stage.borrow() > Stage::Open
    }

    /// Whether nobody is let in any more.
    pub(crate) fn is_closing(&self) -> bool {
        *self.stage.borrow() > Stage::Announced
    }

    /// Comes when nobody is let in any more.
    pub(crate) fn closing(&self) -> impl Future<Output = ()> + use<> {
        self.reached(Stage::Closing(0))
    }

    /// For one more socket; comes when it is its turn to close.
    pub(crate) fn turn(&self) -> impl Future<Output = ()> + use<> {
        let wave = self.next.fetch_add(1, Ordering::Relaxed) % DRAIN_WAVES;
        self.reached(Stage::Closing(wave + 1))
    }

    fn reached(&self, wanted: Stage) -> impl Future<Output = ()> + use<> {
        let mut stage = self.stage.subscribe();
        async move {
            // An error means that nobody is left to say stop, which is the same.
            let _stop = stage.wait_for(|stage| *stage >= wanted).await;
        }
    }

    /// Everybody's turn is now.
    pub(crate) fn at_once(&self) {
        self.stage.send_replace(Stage::Closing(DRAIN_WAVES));
    }

    /// Says so first, and then closes wave after wave, until nobody is inside.
    pub(crate) async fn drain(&self, door: &Door, limits: &Limits) {
        self.stage.send_replace(Stage::Announced);
        sleep(limits.drain_delay).await;
        let first = if door.open() <= DRAIN_AT_ONCE_MAX {
            DRAIN_WAVES
        } else {
            1
        };
        for wave in first..=DRAIN_WAVES {
            self.stage.send_replace(Stage::Closing(wave));
            if wave == DRAIN_WAVES || timeout(limits.drain_pause, door.emptied()).await.is_ok() {
                return;
            }
        }
    }
}
