//! Limits over real sockets (parts S and W): who passes one is told why, and harms nobody else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync_server::limits::{HELLO_BYTES_MAX, Limits};
use serde_json::json;
use std::time::Duration;
use support::{
    Client, add, hello, push, refusal, seed, server, server_with_limits, status, upgrade,
};
use tokio_websockets::Message;

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
async fn s6_without_hello_a_socket_is_closed() {
    let server = server_with_limits(Limits {
        hello_timeout: SOON,
        ..Limits::default()
    })
    .await;
    let mut client = Client::connect(&server, "r").await;
    assert_eq!(client.closed().await, refusal("unauthorized", 4401));
    assert_eq!(server.rooms(), 0, "no room was opened for it");
}

#[tokio::test]
async fn s10_a_silent_socket_is_closed() {
    let server = server_with_limits(Limits {
        idle_timeout: SOON,
        ..Limits::default()
    })
    .await;
    let (mut client, _) = Client::join(&server, "r", 1).await;
    assert_eq!(client.closed().await, refusal("slow", 4408));
}

#[tokio::test]
async fn s10_who_answers_pings_is_not_silent() {
    const PING_INTERVAL: Duration = Duration::from_millis(50);
    const IDLE_TIMEOUT: Duration = Duration::from_secs(1);
    let server = server_with_limits(Limits {
        ping_interval: PING_INTERVAL,
        idle_timeout: IDLE_TIMEOUT,
        ..Limits::default()
    })
    .await;
    let (mut client, _) = Client::join(&server, "r", 1).await;
    let begin = tokio::time::Instant::now();
    client.pinged(30).await;
    assert!(begin.elapsed() > IDLE_TIMEOUT);
    client.send(&json!({"type": "ping", "version": 0})).await;
    assert_eq!(client.next().await["type"], "pong");
}

#[tokio::test]
async fn w21_what_is_no_message_is_refused() {
    let server = server().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let cases = [
        "".to_owned(),
        "hello".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"type":"shout"}"#.to_owned(),
        r#"{"type":"ping","version":1e3}"#.to_owned(),
        r#"{"type":"ping","version":0}{}"#.to_owned(),
        format!(r#"{{"type":"seed","value":{deep}}}"#),
        hello(1).to_string(),
    ];
    for (number, text) in (1..).zip(cases) {
        let (mut client, _) = Client::join(&server, "r", number).await;
        client.send_text(text.clone()).await;
        let shown = &text[..text.len().min(60)];
        assert_eq!(client.closed().await, refusal("protocol", 4400), "{shown}");
    }
    let mut early = Client::connect(&server, "r").await;
    early.send(&json!({"type": "ping", "version": 0})).await;
    assert_eq!(early.closed().await, refusal("protocol", 4400));
    let (mut binary, _) = Client::join(&server, "r", 1).await;
    binary.send_raw(Message::binary(vec![1_u8])).await;
    assert_eq!(binary.closed().await, refusal("protocol", 4400));
}

#[tokio::test]
async fn w20_another_protocol_is_refused() {
    let server = server().await;
    let mut client = Client::connect(&server, "r").await;
    let mut other = hello(1);
    other["protocol"] = json!(2);
    client.send(&other).await;
    assert_eq!(client.closed().await, refusal("protocol-version", 4406));
}

#[tokio::test]
async fn s7_w19_a_message_above_a_mebibyte_closes_its_socket_only() {
    const MEBIBYTE: usize = 1_048_576;
    let server = server().await;
    let (mut other, _) = Client::join(&server, "r", 9).await;
    let ping = json!({"type": "ping", "version": 0}).to_string();
    let padded = |length: usize| format!("{ping}{}", " ".repeat(length - ping.len()));

    let (mut client, _) = Client::join(&server, "r", 1).await;
    client.send_text(padded(MEBIBYTE)).await;
    assert_eq!(
        client.next().await["type"],
        "pong",
        "a whole mebibyte is taken"
    );
    client.send_text(padded(MEBIBYTE + 1)).await;
    assert_eq!(client.closed().await, refusal("too-large", 1009));

    other.send_text(ping).await;
    assert_eq!(other.next().await["type"], "pong");
}

/// A header that announces a hundred megabytes is refused before any of them is read.
#[tokio::test]
async fn s7_w19_an_enormous_frame_is_refused_at_its_header() {
    let server = server().await;
    let text_final = 0x81;
    let masked_long = 0xff;
    let mut frame = vec![text_final, masked_long];
    frame.extend_from_slice(&100_000_000_u64.to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    let answer = support::raw(&server, "/rooms/r", &frame).await;
    let close = [&1009_u16.to_be_bytes(), b"too-large".as_slice()].concat();
    assert!(answer.ends_with(&close), "{}", answer.escape_ascii());
    let error = b"{\"type\":\"error\",\"code\":\"too-large\"";
    let says = answer.windows(error.len()).any(|part| part == error);
    assert!(says, "{}", answer.escape_ascii());
}

#[tokio::test]
async fn w21_text_that_is_not_utf8_is_refused() {
    let server = server().await;
    let text_final = 0x81;
    let masked_one = 0x81;
    let frame = [text_final, masked_one, 0, 0, 0, 0, 0xff];
    let answer = support::raw(&server, "/rooms/r", &frame).await;
    let close = [&4400_u16.to_be_bytes(), b"protocol".as_slice()].concat();
    assert!(answer.ends_with(&close), "{}", answer.escape_ascii());
}

#[tokio::test]
async fn s7_a_hello_is_small() {
    let server = server().await;
    let mut client = Client::connect(&server, "r").await;
    let mut long = hello(1);
    long["token"] = json!("x".repeat(HELLO_BYTES_MAX));
    client.send(&long).await;
    assert_eq!(client.closed().await, refusal("too-large", 1009));
}

#[tokio::test]
async fn s8_a_slow_reader_is_closed_and_the_others_go_on() {
    // Together more than the queue and the buffers of the system hold; each of the writers stays
    // within its own burst of bytes.
    const WRITERS: u32 = 6;
    const CHANGES: u64 = 38;
    let server = server().await;
    let (mut quick, _) = Client::join(&server, "r", 1).await;
    quick.send(&seed(json!({"text": ""}))).await;
    quick.next().await;
    let (mut slow, _) = Client::join(&server, "r", 2).await;
    let text = "x".repeat(100_000);
    let mut head = 1;
    for number in 0..WRITERS {
        let (mut writer, _) = Client::join(&server, "r", 3 + number).await;
        for seq in 1..=CHANGES {
            let value = format!("{head}{text}");
            let patch = json!([{"op": "replace", "path": "/text", "value": value}]);
            writer.send(&push(head, seq, patch)).await;
            head += 1;
            assert_eq!(writer.next().await["type"], "ack");
            assert_eq!(quick.next().await["version"], head);
        }
    }
    let mut version = 1;
    let close = loop {
        match slow.next_or_close().await {
            Ok(change) => {
                version += 1;
                assert_eq!(
                    change["version"], version,
                    "nothing is missing in the middle"
                );
            }
            Err(close) => break close,
        }
    };
    assert_eq!(close, (4408, "slow".to_owned()));
    assert!(version < head, "it was closed before the end");
}

/// A welcome is outside the queue's limits, but not outside those of time.
/// What the system would keep for a slow reader does not put off its end.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn s8_a_slow_reader_is_closed_when_its_queue_is_full_and_not_megabytes_later() {
    const CHANGES_PER_PUSH: u64 = 32;
    // The queue, and 256 kB on the way.
    const CHANGES_MAX: u64 = 1_024 + 256;
    let server = server_with_limits(Limits {
        bytes_burst: 64 * 1024 * 1024,
        ..Limits::default()
    })
    .await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    ada.send(&seed(json!({"text": ""}))).await;
    ada.next().await;
    let mut narrow = Client::connect_narrow(&server, "r").await;
    narrow.send(&hello(2)).await;
    assert_eq!(narrow.next().await["version"], 1);
    let patch = json!([{"op": "replace", "path": "/text", "value": "x".repeat(850)}]);
    let mut head = 1;
    // It is cut off without being told in between, so what it gets is counted.
    while head < 2 * CHANGES_MAX {
        let changes: Vec<_> = (head..head + CHANGES_PER_PUSH)
            .map(|seq| json!({"seq": seq, "tag": format!("{seq:016x}"), "patch": patch}))
            .collect();
        ada.send(&json!({"type": "push", "base": head, "changes": changes}))
            .await;
        head += CHANGES_PER_PUSH;
        assert_eq!(ada.next().await["type"], "ack");
    }
    let mut came = 1;
    while let Ok(change) = narrow.next_or_close().await {
        came += 1;
        assert_eq!(change["version"], came);
    }
    assert!(came < CHANGES_MAX, "{came} changes came");
}

#[tokio::test]
async fn s8_who_takes_nothing_of_a_large_welcome_is_dropped() {
    let server = server_with_limits(Limits {
        bytes_burst: 64 * 1024 * 1024,
        write_timeout: SOON,
        ..Limits::default()
    })
    .await;
    let (mut ada, _) = Client::join(&server, "r", 1).await;
    ada.send(&seed(json!({}))).await;
    ada.next().await;
    // More than the system's buffers hold for a connection whose receiving end is narrow.
    let text = "x".repeat(500_000);
    for seq in 1..=14 {
        let patch = add(&format!("/{seq}"), json!(text));
        ada.send(&push(seq, seq, patch)).await;
        assert_eq!(ada.next().await["type"], "ack");
    }
    let mut narrow = Client::connect_narrow(&server, "r").await;
    assert_eq!(server.connections(), 2);
    narrow.send(&hello(2)).await;
    support::until(|| server.connections() == 1).await;
    ada.send(&json!({"type": "ping", "version": 15})).await;
    assert_eq!(ada.next().await["type"], "pong");

    let (_bob, welcome) = Client::join(&server, "r", 3).await;
    assert_eq!(welcome["snapshot"].as_object().unwrap().len(), 14);
}

#[tokio::test]
async fn s9_who_talks_too_fast_is_closed() {
    let server = server_with_limits(Limits {
        rate_wait: SOON,
        ..Limits::default()
    })
    .await;
    let (mut client, _) = Client::join(&server, "r", 1).await;
    let ping = json!({"type": "ping", "version": 0}).to_string();
    for _ in 0..2 * Limits::default().frames_burst {
        if !client.try_send_text(ping.clone()).await {
            break;
        }
    }
    assert_eq!(client.closed().await, refusal("rate-limited", 4429));
}

#[tokio::test]
async fn s9_a_burst_is_answered() {
    let server = server().await;
    let (mut client, _) = Client::join(&server, "r", 1).await;
    let ping = json!({"type": "ping", "version": 0});
    // Some more than the burst: they wait for a moment and are answered.
    let count = Limits::default().frames_burst + 20;
    for _ in 0..count {
        client.send(&ping).await;
    }
    for _ in 0..count {
        assert_eq!(client.next().await["type"], "pong");
    }
}

/// Who waits for each answer is slowed down, as long as it takes, and not closed.
#[tokio::test]
async fn s9_a_thousand_pushes_one_in_flight_are_all_taken() {
    let server = server_with_limits(Limits {
        frames_burst: 5,
        frames_per_second: 400,
        rate_wait: SOON,
        ..Limits::default()
    })
    .await;
    let (mut client, _) = Client::join(&server, "r", 1).await;
    client.send(&seed(json!([]))).await;
    client.next().await;
    let begin = tokio::time::Instant::now();
    for seq in 1..=1_000 {
        client.send(&push(seq, seq, add("/-", json!(seq)))).await;
        let ack = client.next().await;
        assert_eq!(ack["results"][0]["version"], seq + 1, "{ack}");
    }
    assert!(begin.elapsed() > 40 * SOON, "{:?}", begin.elapsed());
}

/// Ten thousand edits made offline, in pushes as large as they may be, each after the answer.
#[tokio::test]
async fn s9_a_catch_up_after_a_long_time_offline_is_taken() {
    let server = server_with_limits(Limits {
        bytes_burst: 1_000,
        bytes_per_second: 1_000_000,
        rate_wait: SOON,
        ..Limits::default()
    })
    .await;
    let (mut client, _) = Client::join(&server, "r", 1).await;
    client.send(&seed(json!([]))).await;
    client.next().await;
    let mut base = 1;
    for first in (1..=10_000_u64).step_by(256) {
        let tag = |seq: u64| format!("{seq:016x}");
        let offer = |seq| json!({"seq": seq, "tag": tag(seq), "patch": add("/-", json!(seq))});
        let changes: Vec<_> = (first..first + 256).map(offer).collect();
        client
            .send(&json!({"type": "push", "base": base, "changes": changes}))
            .await;
        assert_eq!(client.next().await["results"][255]["version"], base + 256);
        base += 256;
    }
}

/// Who sends bytes without waiting is closed like one who sends frames.
#[tokio::test]
async fn s9_who_sends_too_many_bytes_is_closed() {
    let server = server_with_limits(Limits {
        bytes_burst: 10_000,
        bytes_per_second: 100_000,
        rate_wait: SOON,
        ..Limits::default()
    })
    .await;
    let (mut client, _) = Client::join(&server, "r", 1).await;
    let ping = json!({"type": "ping", "version": 0, "more": "x".repeat(5_000)}).to_string();
    for _ in 0..200 {
        if !client.try_send_text(ping.clone()).await {
            break;
        }
    }
    assert_eq!(client.closed().await, refusal("rate-limited", 4429));
}

#[tokio::test]
async fn s11_three_invalid_changes_close_the_session() {
    let server = server().await;
    let (mut client, _) = Client::join(&server, "r", 1).await;
    client.send(&seed(json!({}))).await;
    client.next().await;
    for seq in 1..=3 {
        client.send(&push(1, seq, add("/no/such", json!(1)))).await;
    }
    assert_eq!(client.closed().await, refusal("protocol", 4400));
}

#[tokio::test]
async fn s14_a_full_server_refuses_the_next_socket() {
    let server = server_with_limits(Limits {
        connections_max: 1,
        ..Limits::default()
    })
    .await;
    let (client, _) = Client::join(&server, "r", 1).await;
    assert_eq!(status(&upgrade(&server, "/rooms/r", &[]).await), 503);
    client.leave().await;
    support::until(|| server.connections() == 0).await;
    Client::join(&server, "r", 1).await;
}

#[tokio::test]
async fn s14_an_address_opens_so_many_sockets_and_so_often() {
    let few = Limits {
        connections_per_address_max: 1,
        loopback_is_an_address: true,
        ..Limits::default()
    };
    let server = server_with_limits(few).await;
    let (client, _) = Client::join(&server, "r", 1).await;
    assert_eq!(status(&upgrade(&server, "/rooms/r", &[]).await), 429);
    client.leave().await;
    support::until(|| server.connections() == 0).await;
    Client::join(&server, "r", 1).await;

    let slow = Limits {
        new_per_address_burst: 2,
        new_per_address_per_second: 1,
        ..few
    };
    let node = Limits {
        new_connections_burst: 2,
        new_connections_per_second: 1,
        ..Limits::default()
    };
    for limits in [
        Limits {
            connections_per_address_max: 100,
            ..slow
        },
        node,
    ] {
        let server = server_with_limits(limits).await;
        for _ in 0..2 {
            assert_eq!(status(&upgrade(&server, "/rooms/r", &[]).await), 101);
        }
        let answer = upgrade(&server, "/rooms/r", &[]).await.to_lowercase();
        assert_eq!(status(&answer), 429);
        assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn r13_a_log_of_large_changes_is_cut_and_a_snapshot_takes_its_place() {
    let server = server_with_limits(Limits {
        bytes_burst: 64 * 1024 * 1024,
        ..Limits::default()
    })
    .await;
    let (mut ada, first) = Client::join(&server, "r", 1).await;
    ada.send(&seed(json!({"text": ""}))).await;
    ada.next().await;
    let text = "x".repeat(500_000);
    for seq in 1..=20 {
        let patch = json!([{"op": "replace", "path": "/text", "value": text}]);
        ada.send(&push(seq, seq, patch)).await;
        assert_eq!(ada.next().await["type"], "ack");
    }
    // Sixteen of them are eight million bytes; the document is the last alone.
    for (version, kept) in [(1, false), (4, false), (6, true)] {
        let mut bob = Client::connect(&server, "r").await;
        let mut known = hello(2);
        known["epoch"] = first["epoch"].clone();
        known["version"] = json!(version);
        bob.send(&known).await;
        let welcome = bob.next().await;
        assert_eq!(welcome.get("changes").is_some(), kept, "from {version}");
        bob.leave().await;
    }
}

#[tokio::test]
async fn s15_a_server_full_of_rooms_opens_no_other() {
    let server = server_with_limits(Limits {
        rooms_max: 1,
        ..Limits::default()
    })
    .await;
    let (_ada, _) = Client::join(&server, "one", 1).await;
    let (_bob, _) = Client::join(&server, "one", 2).await;
    let mut eve = Client::connect(&server, "two").await;
    eve.send(&hello(3)).await;
    assert_eq!(eve.closed().await, refusal("overloaded", 4503));
}
