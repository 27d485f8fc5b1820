//! S9 with a pretended clock: what passes, what is slowed down, and what is given up on.

use super::*;

const KIBIBYTE: usize = 1024;
const MEBIBYTE: usize = 1024 * 1024;

/// A socket, and a clock that only waiting moves.
struct Talk {
    pace: Pace,
    begin: Instant,
    now: Instant,
}

impl Talk {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            pace: Pace::new(&Limits::default(), now),
            begin: now,
            now,
        }
    }

    fn frame(&mut self, bytes: usize) -> Result<(), TooFast> {
        self.now += self.pace.frame(bytes, self.now)?;
        Ok(())
    }

    fn took(&self) -> Duration {
        self.now - self.begin
    }
}

#[test]
fn s9_a_bucket_holds_its_burst_and_fills_at_its_rate() {
    let now = Instant::now();
    let mut bucket = Bucket::new(3, 2, now);
    assert!(bucket.is_full(now));
    for _ in 0..3 {
        assert_eq!(bucket.take_one(now), Ok(()));
    }
    let half = Duration::from_millis(500);
    assert_eq!(bucket.take_one(now), Err(half));
    assert_eq!(bucket.take_one(now + half), Ok(()));
    assert_eq!(bucket.take(4, now + half), 4 * half);
    // A debt is paid before there is anything to take; and it never holds more than its burst.
    assert!(bucket.take_one(now + 4 * half).is_err());
    let later = now + Duration::from_secs(3_600);
    assert!(bucket.is_full(later));
    assert_eq!(bucket.take(4, later), half);
}

/// A thousand rapid edits, each in a push of its own that waits for the answer before.
#[test]
fn s9_a_thousand_pushes_one_in_flight_are_slowed_down_to_the_rate() {
    let mut talk = Talk::new();
    for _ in 0..1_000 {
        talk.frame(200).expect("it waits for each answer");
        talk.pace.lull();
    }
    // Three hundred at once, the others a hundred a second.
    assert_eq!(talk.took().as_secs(), 7);
}

/// A week of edits, in the largest pushes that there are.
#[test]
fn s9_a_catch_up_of_a_hundred_mebibytes_is_slowed_down_to_the_rate() {
    let mut talk = Talk::new();
    for _ in 0..100 {
        talk.frame(MEBIBYTE).expect("it waits for each answer");
        talk.pace.lull();
    }
    assert_eq!(talk.took().as_secs(), 96);
}

/// A page that answers pings and has something to say at every frame of the screen.
#[test]
fn s9_sixty_pushes_a_second_are_not_slowed_down() {
    let mut talk = Talk::new();
    for _ in 0..60 * 60 {
        talk.frame(KIBIBYTE).expect("within the rate");
        talk.pace.lull();
        talk.now += Duration::from_millis(16);
    }
    assert_eq!(talk.took(), Duration::from_millis(16) * 60 * 60);
}

/// Somebody else's client may send on without waiting, as long as it keeps to the rate.
#[test]
fn s9_who_does_not_wait_but_keeps_the_rate_passes() {
    let mut talk = Talk::new();
    for _ in 0..10_000 {
        talk.frame(KIBIBYTE).expect("within the rate");
        talk.now += Duration::from_millis(10);
    }
}

#[test]
fn s9_who_sends_on_for_longer_than_the_patience_is_given_up_on() {
    for bytes in [1, 64 * KIBIBYTE, MEBIBYTE] {
        let mut talk = Talk::new();
        let sent = (1..10_000)
            .take_while(|_| talk.frame(bytes).is_ok())
            .count();
        let seconds = talk.took().as_secs_f64();
        assert!((5.0..6.5).contains(&seconds), "{bytes} bytes: {seconds} s");
        // The burst, and what the rate gives for so long.
        let frames = 300.0 + 100.0 * seconds;
        let by_bytes = (4.0 + seconds) * (MEBIBYTE as f64) / (bytes as f64);
        assert!(sent as f64 <= frames.min(by_bytes) + 1.0, "{sent} frames");
    }
}

/// A lull after the patience has run out does not matter; one before begins it again.
#[test]
fn s9_a_lull_begins_the_patience_again() {
    let mut talk = Talk::new();
    for _ in 0..10 {
        for _ in 0..400 {
            talk.frame(1).expect("not for longer than the patience");
        }
        talk.pace.lull();
    }
    assert!(talk.took() > Duration::from_secs(30));
}
