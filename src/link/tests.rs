//! When a link connects, waits, asks and gives up.

use super::*;

/// A link that the room has greeted at time 0.
fn greeted() -> Link {
    let mut link = Link::new(1);
    link.connect(0);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    link.handle_opened(0);
    link.handle_greeted(0);
    link
}

/// Lets the time come that the link waits for, and says what it then does.
fn pass(link: &mut Link) -> (Millis, Option<LinkOutput>) {
    let at = link.poll_timeout().expect("the link waits");
    link.handle_timeout(at);
    (at, link.poll_output())
}

/// A link whose app is asked for credentials, up to the close that refuses the first.
fn refused_once() -> Link {
    let mut link = Link::new(1);
    link.set_asks(0, true);
    link.connect(0);
    assert_eq!(link.poll_output(), Some(LinkOutput::Ask(false)));
    refuse(&mut link, 0);
    link
}

/// The app answers, and the room refuses what it gave.
fn refuse(link: &mut Link, now: Millis) {
    link.handle_answered(now, true);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    link.handle_opened(now);
    link.handle_closed(now, 4401, "unauthorized");
}

fn lose(link: &mut Link, now: Millis) -> Millis {
    link.handle_closed(now, 1006, "");
    let at = link.poll_timeout().unwrap();
    link.handle_timeout(at);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    at - now
}

#[test]
fn c24_waits_grow_and_stay_within_their_bound() {
    for seed in 0..200 {
        let mut link = Link::new(seed);
        link.set_delays(100, 1000);
        link.connect(0);
        assert_eq!(link.poll_output(), Some(LinkOutput::Open));
        for bound in [200, 400, 800, 1000, 1000, 1000] {
            assert!(lose(&mut link, 5) <= bound);
        }
    }
}

#[test]
fn c24_a_welcome_begins_the_back_off_anew() {
    let mut link = Link::new(1);
    link.set_delays(1000, 60_000);
    link.connect(0);
    for _ in 0..8 {
        lose(&mut link, 0);
    }
    link.handle_greeted(0);
    assert_eq!(link.state(), LinkState::Connected);
    assert!(lose(&mut link, 0) <= 1000);
}

#[test]
fn c25_a_terminal_close_code_stops_and_connect_starts_again() {
    for (code, word) in [
        (4400, "protocol"),
        (4403, "forbidden"),
        (4406, "protocol-version"),
    ] {
        let mut link = Link::new(1);
        link.connect(0);
        link.poll_output();
        link.handle_closed(0, code, word);
        assert_eq!(
            link.state(),
            LinkState::Failed(ErrorCode::from_word(word).unwrap())
        );
        assert_eq!(link.poll_timeout(), None);
        link.connect(0);
        assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    }
}

#[test]
fn c25_any_other_close_code_is_followed_by_the_next_attempt() {
    for code in [1000, 1001, 1006, 1009, 1012, 4408, 4409, 4429, 4503] {
        let mut link = Link::new(1);
        link.connect(0);
        link.poll_output();
        link.handle_closed(0, code, "");
        assert!(link.poll_timeout().is_some(), "{code}");
    }
}

#[test]
fn a_link_that_nobody_wants_stays_closed() {
    let mut link = Link::new(1);
    link.connect(0);
    link.poll_output();
    link.disconnect();
    assert_eq!(link.poll_output(), Some(LinkOutput::Close));
    link.handle_timeout(1_000_000);
    assert_eq!(
        (link.poll_output(), link.state()),
        (None, LinkState::Offline(None))
    );
}

#[test]
fn c25_a_room_without_a_place_makes_the_waits_longer_although_it_greets() {
    for code in [4429, 4503] {
        let mut link = greeted();
        let mut bounds = Vec::new();
        for _ in 0..12 {
            link.handle_closed(0, code, "");
            bounds.push(link.poll_timeout().unwrap());
            assert_eq!(pass(&mut link).1, Some(LinkOutput::Open));
            link.handle_opened(0);
            link.handle_greeted(0);
        }
        assert!(bounds.iter().max() > Some(&5_000), "{code}: {bounds:?}");
    }
}

#[test]
fn c30_a_ping_goes_every_heartbeat_and_silence_after_it_is_the_end() {
    let mut link = greeted();
    assert_eq!(pass(&mut link), (20_000, Some(LinkOutput::Ping)));
    link.handle_heard(20_050);
    assert_eq!(pass(&mut link), (40_050, Some(LinkOutput::Ping)));
    // A half-open socket is found within half a minute.
    assert_eq!(pass(&mut link), (48_050, Some(LinkOutput::Close)));
    let LinkState::Offline(Some(at)) = link.state() else {
        panic!("{:?}", link.state());
    };
    assert!(at <= 48_050 + DELAY_MIN);
    assert_eq!(pass(&mut link).1, Some(LinkOutput::Open));
}

#[test]
fn c30_words_of_the_room_do_not_put_the_ping_off() {
    // Its version has to be named, whoever else talks.
    let mut link = greeted();
    link.handle_heard(19_000);
    assert_eq!(pass(&mut link), (20_000, Some(LinkOutput::Ping)));
}

#[test]
fn c30_an_answer_may_take_no_longer_than_a_short_heartbeat() {
    let mut link = greeted();
    link.set_heartbeat(1_500);
    link.handle_greeted(0);
    assert_eq!(pass(&mut link), (1_500, Some(LinkOutput::Ping)));
    assert_eq!(pass(&mut link), (3_000, Some(LinkOutput::Close)));
    link.set_heartbeat(0);
    link.connect(0);
    link.handle_greeted(0);
    assert_eq!(link.poll_timeout(), Some(HEARTBEAT_MIN));
}

#[test]
fn c31_a_socket_that_does_not_open_and_a_room_that_does_not_greet_are_given_up() {
    let mut link = Link::new(1);
    link.connect(0);
    link.poll_output();
    assert_eq!(pass(&mut link), (OPEN_WAIT, Some(LinkOutput::Close)));
    assert!(matches!(link.state(), LinkState::Offline(Some(_))));

    let mut link = Link::new(1);
    link.connect(0);
    link.poll_output();
    link.handle_opened(9_000);
    assert_eq!(
        pass(&mut link),
        (9_000 + ANSWER_WAIT, Some(LinkOutput::Close))
    );
    assert!(matches!(link.state(), LinkState::Offline(Some(_))));
}

#[test]
fn c32_a_line_too_slow_for_one_answer_is_given_more_time_until_it_has_answered() {
    let mut link = Link::new(1);
    link.set_delays(0, 0);
    link.connect(0);
    let mut now = 0;
    for patience in [8_000, 16_000, 32_000, 64_000, 120_000, 120_000] {
        assert_eq!(link.poll_output(), Some(LinkOutput::Open));
        link.handle_opened(now);
        assert_eq!(pass(&mut link), (now + patience, Some(LinkOutput::Close)));
        now += patience;
        link.handle_timeout(now);
    }
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    link.handle_opened(now);
    link.handle_greeted(now);
    assert_eq!(pass(&mut link).1, Some(LinkOutput::Ping));
    assert_eq!(link.poll_timeout(), Some(now + 20_000 + ANSWER_WAIT_MAX));
    link.handle_heard(now + 21_000);
    assert_eq!(pass(&mut link).1, Some(LinkOutput::Ping));
    assert_eq!(pass(&mut link).0, now + 41_000 + ANSWER_WAIT);
}

#[test]
fn c33_a_timer_that_comes_late_asks_once_more() {
    let mut link = greeted();
    link.handle_timeout(20_000);
    assert_eq!(link.poll_output(), Some(LinkOutput::Ping));
    // The machine has slept.
    link.handle_timeout(5_000_000);
    assert_eq!(link.poll_output(), Some(LinkOutput::Ping));
    assert_eq!(link.state(), LinkState::Connected);
    assert_eq!(
        pass(&mut link),
        (5_000_000 + ANSWER_WAIT, Some(LinkOutput::Close))
    );
}

#[test]
fn c34_without_a_network_nothing_is_tried_and_with_it_at_once() {
    let mut link = greeted();
    link.handle_network(5, false);
    assert_eq!(link.poll_output(), Some(LinkOutput::Close));
    assert_eq!(link.state(), LinkState::Offline(None));
    link.handle_timeout(1_000_000);
    assert_eq!(link.poll_output(), None);
    link.handle_network(1_000_000, true);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    assert_eq!(link.state(), LinkState::Connecting(1));

    // Asked for all the same, it is tried: the room may be on this machine.
    link.handle_network(0, false);
    assert_eq!(link.poll_output(), Some(LinkOutput::Close));
    link.connect(0);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    link.handle_closed(0, 1006, "");
    assert_eq!(link.state(), LinkState::Offline(None));
    link.disconnect();
    link.handle_network(0, true);
    assert_eq!(link.poll_output(), None, "nobody wants it any more");
}

#[test]
fn c34_a_network_that_comes_back_ends_a_wait_and_no_failure() {
    let mut link = greeted();
    link.handle_closed(0, 1006, "");
    link.handle_network(0, true);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    link.handle_closed(0, 4403, "forbidden");
    for online in [false, true] {
        link.handle_network(0, online);
        let output = link.poll_output();
        assert_eq!(
            (output, link.state()),
            (None, LinkState::Failed(ErrorCode::Forbidden))
        );
    }
}

#[test]
fn c35_who_looks_again_is_connected_at_once_or_finds_out() {
    let mut link = greeted();
    link.handle_seen(100);
    assert_eq!(link.poll_output(), Some(LinkOutput::Ping));
    assert_eq!(link.poll_timeout(), Some(100 + ANSWER_WAIT));
    link.handle_seen(200);
    assert_eq!(link.poll_output(), None, "a sign of life is owed already");
    link.handle_closed(300, 1006, "");
    link.handle_seen(300);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    link.disconnect();
    link.poll_output();
    link.handle_seen(400);
    assert_eq!(link.poll_output(), None, "nobody wants it");
}

#[test]
fn c36_credentials_are_asked_for_before_each_attempt() {
    let mut link = Link::new(1);
    link.set_asks(0, true);
    link.connect(0);
    assert_eq!(link.poll_output(), Some(LinkOutput::Ask(false)));
    assert_eq!(link.state(), LinkState::Connecting(1));
    assert_eq!(link.poll_timeout(), None, "a person may have to type them");
    link.handle_answered(90_000, true);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    assert_eq!(link.poll_timeout(), Some(90_000 + OPEN_WAIT));
    link.handle_closed(90_000, 1006, "");
    assert_eq!(pass(&mut link).1, Some(LinkOutput::Ask(false)));
    link.disconnect();
    assert_eq!(link.poll_output(), Some(LinkOutput::Close));
    link.handle_answered(0, true);
    assert_eq!(link.poll_output(), None, "an answer that comes too late");
}

#[test]
fn c36_refused_credentials_are_asked_for_anew_at_once_then_after_a_wait_then_not() {
    let mut link = refused_once();
    assert_eq!(link.poll_output(), Some(LinkOutput::Ask(true)));
    refuse(&mut link, 0);
    assert!(matches!(link.state(), LinkState::Offline(Some(_))));
    assert_eq!(pass(&mut link).1, Some(LinkOutput::Ask(true)));
    refuse(&mut link, 0);
    assert_eq!(link.state(), LinkState::NeedsAuth(ErrorCode::Unauthorized));
    assert_eq!(link.poll_timeout(), None);
    // Other credentials wake it, and so does the app.
    link.set_asks(0, true);
    assert_eq!(link.poll_output(), Some(LinkOutput::Ask(false)));
}

#[test]
fn c36_a_welcome_forgives_what_was_refused_before() {
    let mut link = refused_once();
    for _ in 0..5 {
        assert_eq!(link.poll_output(), Some(LinkOutput::Ask(true)));
        link.handle_answered(0, true);
        assert_eq!(link.poll_output(), Some(LinkOutput::Open));
        link.handle_greeted(0);
        link.handle_closed(0, 4401, "unauthorized");
    }
}

#[test]
fn c36_without_anybody_to_ask_refused_credentials_need_the_app() {
    let mut link = greeted();
    link.handle_closed(0, 4401, "unauthorized");
    assert_eq!(link.state(), LinkState::NeedsAuth(ErrorCode::Unauthorized));
    link.handle_seen(0);
    link.handle_network(0, true);
    assert_eq!((link.poll_output(), link.poll_timeout()), (None, None));
    link.set_asks(0, false);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    link.handle_closed(0, 4401, "unauthorized");
    link.connect(0);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
}

#[test]
fn c36_new_credentials_take_the_place_of_those_that_are_being_tried() {
    let mut link = Link::new(1);
    link.connect(0);
    assert_eq!(link.poll_output(), Some(LinkOutput::Open));
    link.set_asks(7, true);
    assert_eq!(link.poll_output(), Some(LinkOutput::Close));
    assert_eq!(pass(&mut link), (7, Some(LinkOutput::Ask(false))));
}

#[test]
fn c37_credentials_that_cannot_be_had_are_asked_for_again_after_a_wait() {
    let mut link = Link::new(1);
    link.set_asks(0, true);
    link.connect(0);
    let mut longest = 0;
    for _ in 0..20 {
        assert_eq!(link.poll_output(), Some(LinkOutput::Ask(false)));
        link.handle_answered(0, false);
        let at = link.poll_timeout().unwrap();
        longest = longest.max(at);
        link.handle_timeout(at);
    }
    assert!(longest > 5_000, "the waits grow");
}

#[test]
fn a_socket_is_closed_before_the_next_is_opened() {
    let mut link = greeted();
    link.disconnect();
    link.connect(3);
    assert_eq!(link.poll_output(), Some(LinkOutput::Close));
    assert_eq!(pass(&mut link), (3, Some(LinkOutput::Open)));
}
