//! S14 with a pretended clock: who is let in, and who is told to come again.

use super::*;

fn door(limits: Limits) -> Arc<Door> {
    Door::new(limits, Instant::now())
}

fn elsewhere(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn limits() -> Limits {
    Limits {
        connections_max: 5,
        connections_per_address_max: 3,
        ..Limits::default()
    }
}

#[test]
fn s14_sockets_are_counted_in_all_and_for_each_address() {
    let door = door(limits());
    let now = Instant::now();
    let mut passes: Vec<_> = (0..3).map(|_| door.enter(elsewhere(1), now)).collect();
    assert!(passes.iter().all(Result::is_ok));
    assert_eq!(
        door.enter(elsewhere(1), now).expect_err("three"),
        Shut::FullForAddress
    );
    passes.push(door.enter(elsewhere(2), now));
    passes.push(door.enter(elsewhere(3), now));
    assert!(passes.iter().all(Result::is_ok));
    assert_eq!(door.enter(elsewhere(4), now).expect_err("five"), Shut::Full);
    assert_eq!(door.open(), 5);
    // Whoever leaves makes place, for its own address too.
    passes.remove(0).expect("a pass");
    door.enter(elsewhere(1), now).expect("a place is free");
    passes.clear();
    assert_eq!(door.open(), 0);
}

#[test]
fn s14_new_sockets_come_at_a_rate() {
    let door = door(Limits::default());
    let begin = Instant::now();
    let enter = |peer, now| door.enter(peer, now).map(drop);
    // Forty at once from one address, then ten a second.
    let at_once = (0..100).take_while(|_| enter(elsewhere(1), begin).is_ok());
    assert_eq!(at_once.count(), 40);
    let tenth = Duration::from_millis(100);
    assert_eq!(enter(elsewhere(1), begin), Err(Shut::TooOften(tenth)));
    // The others have their own forty, and all together four hundred.
    let many = (0..1_000).map(|number| elsewhere((number % 100 + 2) as u8));
    let others = many.take_while(|peer| enter(*peer, begin).is_ok());
    assert_eq!(others.count(), 400 - 40);
    assert_eq!(enter(elsewhere(1), begin + tenth), Ok(()));
}

#[test]
fn s14_a_network_of_ipv6_is_one_address_and_this_machine_is_none() {
    let peer = |text: &str| text.parse::<IpAddr>().expect("an address");
    let door = door(Limits {
        connections_max: 10,
        ..limits()
    });
    let now = Instant::now();
    let one = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:3"];
    let passes: Vec<_> = one.map(|text| door.enter(peer(text), now)).into();
    assert!(passes.iter().all(Result::is_ok));
    let full = Err(Shut::FullForAddress);
    assert_eq!(door.enter(peer("2001:db8::4"), now).map(drop), full);
    assert_eq!(door.enter(peer("2001:db8:0:1::1"), now).map(drop), Ok(()));
    let here: Vec<_> = (0..5).map(|_| door.enter(peer("127.0.0.1"), now)).collect();
    assert!(here.iter().all(Result::is_ok));
    let strict = super::Door::new(
        Limits {
            loopback_is_an_address: true,
            ..limits()
        },
        now,
    );
    let mapped = ["127.0.0.1", "::ffff:127.0.0.1", "127.0.0.1"];
    let here: Vec<_> = mapped.map(|text| strict.enter(peer(text), now)).into();
    assert!(here.iter().all(Result::is_ok));
    assert_eq!(strict.enter(peer("127.0.0.1"), now).map(drop), full);
}

#[test]
fn s14_addresses_are_forgotten_when_there_are_many() {
    let door = door(Limits {
        connections_max: usize::MAX,
        new_connections_burst: u32::MAX,
        ..Limits::default()
    });
    let now = Instant::now();
    let stays = door.enter(elsewhere(1), now).expect("a place");
    for number in 0..ADDRESSES_MAX as u32 - 1 {
        let peer = IpAddr::from((0x0a00_0000 + number).to_be_bytes());
        door.enter(peer, now).expect("a place");
    }
    assert_eq!(door.lock().addresses.len(), ADDRESSES_MAX);
    let later = now + Duration::from_secs(60);
    door.enter(elsewhere(2), later).expect("a place");
    assert_eq!(
        door.lock().addresses.len(),
        2,
        "who is inside, and who just came"
    );
    drop(stays);
}
