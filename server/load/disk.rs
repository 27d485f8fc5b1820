//! How long the disk itself takes: what a durable acknowledgement cannot be faster than.

use crate::Failed;
use crate::figures::Times;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// What one commit of the store writes, about.
const BLOCK: [u8; 4096] = [7; 4096];
const LENGTH: Duration = Duration::from_secs(1);

/// Writes a block and syncs it, again and again, while nothing else is measured.
pub(crate) async fn syncs(folder: &Path) -> Result<Times, Failed> {
    let path = folder.join("syncs");
    let timed = tokio::task::spawn_blocking(move || {
        let mut file = File::create(&path)?;
        let (began, mut times) = (Instant::now(), Vec::new());
        while began.elapsed() < LENGTH {
            let before = Instant::now();
            file.write_all(&BLOCK)?;
            file.sync_data()?;
            times.push(before.elapsed());
        }
        std::fs::remove_file(path)?;
        Ok::<_, std::io::Error>(times)
    });
    Ok(Times::of([timed.await??]))
}
