//! Who is let in with a token, and for how long: S21 to S26.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync_server::engine::{Engine, Memory};
use draftsync_server::{Config, Server};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use std::sync::Arc;
use support::token::{
    auth, claims, hello_with, in_seconds, key, renewal, server_with_auth, sign, sign_with,
    unsigned, with,
};
use support::{Client, add, config, get, hello, push, raw, refusal, seed, status, upgrade, within};

const ALL: [&str; 3] = ["read", "write", "presence"];

/// Somebody who may do everything in the rooms of team 7, and is in one of them.
async fn member(server: &Server, room: &str, sub: &str, number: u32) -> Client {
    join(server, room, number, &sign(&claims(sub, "team-7/*", &ALL))).await
}

async fn join(server: &Server, room: &str, number: u32, token: &str) -> Client {
    let (client, _) = join_and_hear(server, room, number, token).await;
    client
}

async fn join_and_hear(server: &Server, room: &str, number: u32, token: &str) -> (Client, Value) {
    let mut client = Client::connect(server, room).await;
    client.send(&hello_with(number, token)).await;
    let welcome = client.next().await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    (client, welcome)
}

/// Waits until everything sent so far is answered; what comes meanwhile is given.
async fn until_pong(client: &mut Client) -> Vec<Value> {
    client.send(&json!({"type": "ping", "version": 0})).await;
    let mut heard = Vec::new();
    loop {
        let message = client.next().await;
        if message["type"] == "pong" {
            return heard;
        }
        heard.push(message);
    }
}

/// A text frame as a client writes it, with a mask that changes nothing.
fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend(length.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// All that a server says, byte for byte, but for the time of day.
async fn said(server: &Server, room: &str, messages: &[Value]) -> Vec<u8> {
    let mut frames: Vec<u8> = messages
        .iter()
        .flat_map(|message| frame(&message.to_string()))
        .collect();
    // A close, so that nobody waits for anybody.
    frames.extend([0x88, 0x80, 0, 0, 0, 0]);
    let answer = raw(server, &format!("/rooms/{room}"), &frames).await;
    let head = answer
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .unwrap();
    let (head, rest) = answer.split_at(head);
    let head = String::from_utf8_lossy(head).to_lowercase();
    let lines = head.lines().filter(|line| !line.starts_with("date:"));
    let mut same: Vec<u8> = lines.flat_map(str::bytes).collect();
    same.extend(rest);
    same
}

/// Tokens that let nobody into the rooms of team 7, with the code that says so.
fn bad_tokens() -> Vec<(&'static str, Option<String>, &'static str)> {
    let good = || claims("ada", "team-7/*", &ALL);
    let secret = key("secret");
    let secret = secret.trim_ascii_end();
    let signed = sign(&good());
    let (rest, _) = signed.rsplit_once('.').unwrap();
    let other = with(good(), "sub", json!("root"));
    let other = unsigned(&json!({"alg": "HS256", "typ": "JWT"}), &other, "");
    let signature = signed.rsplit('.').next().unwrap();
    let none = |alg: &str| unsigned(&json!({"alg": alg, "typ": "JWT"}), &good(), "");
    let to = |room: &str, can: &[&str]| Some(sign(&claims("ada", room, can)));
    let (out, not) = ("unauthorized", "forbidden");
    let expired = with(good(), "exp", json!(in_seconds(-60)));
    let early = with(good(), "nbf", json!(in_seconds(600)));
    let foreign = with(good(), "aud", json!("another"));
    vec![
        ("no token", None, out),
        ("an empty one", Some(String::new()), out),
        ("no JWT", Some("a.b.c".to_owned()), out),
        ("expired", Some(sign(&expired)), out),
        ("too early", Some(sign(&early)), out),
        ("wrong aud", Some(sign(&foreign)), out),
        ("alg none", Some(none("none")), out),
        ("alg None", Some(none("None")), out),
        ("no alg", Some(unsigned(&json!({}), &good(), "")), out),
        ("no signature", Some(format!("{rest}.")), out),
        (
            "another's signature",
            Some(format!("{other}{signature}")),
            out,
        ),
        (
            "another secret",
            Some(sign_with(&good(), Algorithm::HS256, &[7; 32])),
            out,
        ),
        (
            "another algorithm",
            Some(sign_with(&good(), Algorithm::HS512, secret)),
            out,
        ),
        ("other tenant", to("team-8/*", &ALL), not),
        ("a longer name", to("team-70/*", &ALL), not),
        ("another case", to("TEAM-7/*", &ALL), not),
        ("no pattern", to("team-7*", &ALL), out),
        ("a look-alike", to("te\u{430}m-7/*", &ALL), out),
        ("may only write", to("team-7/*", &["write"]), not),
        ("may only be present", to("team-7/*", &["presence"]), not),
        ("may do nothing", to("team-7/*", &[]), not),
    ]
}

#[tokio::test]
async fn s22_s23_whom_a_token_does_not_let_in_learns_and_changes_nothing() {
    let server = server_with_auth().await;
    let mut ada = member(&server, "team-7/known", "ada", 1).await;
    ada.send(&seed(json!({"secret": "of-team-7"}))).await;
    assert_eq!(ada.next().await["version"], 1);
    let rooms = server.rooms();
    for (name, token, code) in bad_tokens() {
        let hello = token
            .as_ref()
            .map_or_else(|| hello(9), |token| hello_with(9, token));
        let renewal = renewal(token.as_deref().unwrap_or_default());
        let write = push(1, 1, add("/mine", json!(9)));
        let steps: [(&str, &[Value], &str); 6] = [
            ("open", std::slice::from_ref(&hello), code),
            ("push", &[hello.clone(), write.clone()], code),
            ("seed", &[hello.clone(), seed(json!({"mine": 9}))], code),
            ("push first", &[write, hello.clone()], "protocol"),
            ("seed first", &[seed(json!({})), hello.clone()], "protocol"),
            ("auth first", &[renewal, hello.clone()], "protocol"),
        ];
        for (step, messages, code) in steps {
            let known = said(&server, "team-7/known", messages).await;
            let missing = said(&server, "team-7/missing", messages).await;
            assert_eq!(known, missing, "{name}, {step}");
            let text = String::from_utf8_lossy(&known);
            assert!(
                text.contains(&format!(r#""code":"{code}""#)),
                "{name}, {step}: {text}"
            );
            assert!(!text.contains("welcome"), "{name}, {step}: {text}");
            assert!(!text.contains("of-team-7"), "{name}, {step}: {text}");
        }
    }
    assert_eq!(server.rooms(), rooms, "no room was opened for any of them");
    let heard = until_pong(&mut ada).await;
    assert_eq!(heard, [Value::Null; 0], "nothing was written");
    let good = sign(&claims("ada", "team-7/*", &ALL));
    let (_, welcome) = join_and_hear(&server, "team-7/missing", 2, &good).await;
    assert_eq!(welcome["version"], 0);
}

#[tokio::test]
async fn s21_an_algorithm_is_of_the_key_and_never_of_the_token() {
    let public = support::token::key_file("rsa.public.pem");
    let auth = draftsync_server::auth::Auth::with_public_key_file(&public, "draftsync").unwrap();
    let server = Server::start(Config {
        auth: Some(auth),
        ..config()
    })
    .await
    .unwrap();
    let claims = claims("ada", "team-7/*", &ALL);
    let private = jsonwebtoken::EncodingKey::from_rsa_pem(&key("rsa.private.pem")).unwrap();
    let header = jsonwebtoken::Header::new(Algorithm::RS256);
    let good = jsonwebtoken::encode(&header, &claims, &private).unwrap();
    let _ada = join(&server, "team-7/a", 1, &good).await;
    // The public key is known to all, and so is what HS256 makes of it.
    let confused = sign_with(&claims, Algorithm::HS256, &key("rsa.public.pem"));
    let none = unsigned(&json!({"alg": "none"}), &claims, "");
    let header = jsonwebtoken::Header::new(Algorithm::PS256);
    let padded = jsonwebtoken::encode(&header, &claims, &private).unwrap();
    for token in [confused, none, padded, sign(&claims)] {
        let mut client = Client::connect(&server, "team-7/a").await;
        client.send(&hello_with(2, &token)).await;
        assert_eq!(client.closed().await, refusal("unauthorized", 4401));
    }
}

#[tokio::test]
async fn s22_a_token_in_the_url_is_not_looked_at() {
    let server = server_with_auth().await;
    let token = sign(&claims("ada", "team-7/*", &ALL));
    for query in ["token", "access_token", "auth"] {
        let room = format!("team-7/a?{query}={token}");
        let mut client = Client::connect(&server, &room).await;
        client.send(&hello(1)).await;
        assert_eq!(client.closed().await, refusal("unauthorized", 4401));
    }
    let header = format!("Authorization: Bearer {token}");
    let path = "/rooms/team-7/a";
    assert_eq!(status(&upgrade(&server, path, &[&header]).await), 101);
}

#[tokio::test]
async fn s4_s23_no_way_of_writing_a_room_leads_into_another() {
    let server = server_with_auth().await;
    for path in [
        "team-8/..%2fteam-7/known",
        "team-8/../team-7/known",
        "team-7%2Fknown",
        "team-7%2fknown",
        "%74eam-7/known",
        "team-7/./known",
        "team-7//known",
        "team-7/known/",
        "team-7/known%00",
        "team-7/known%20",
        "team-7/kno%77n",
        "te%D0%B0m-7/known",
        "team-7%5cknown",
        "team-7/%2e%2e/team-8/known",
        "team-7;x/known",
        "*",
        "team-7/*",
    ] {
        let answer = upgrade(&server, &format!("/rooms/{path}"), &[]).await;
        assert_eq!(status(&answer), 400, "{path}: {answer}");
    }
    // What is no upgrade says the same of every room.
    let known = get(&server, "/rooms/team-7/known", &[]).await;
    assert!(status(&known) >= 400, "{known}");
}

#[tokio::test]
async fn s24_who_may_only_read_reads_and_writes_nothing() {
    let server = server_with_auth().await;
    let reads = sign(&claims("bob", "team-7/*", &["read", "presence"]));
    let mut bob = join(&server, "team-7/a", 2, &reads).await;
    // A seed of a reader is no seed.
    bob.send(&seed(json!({"by": "bob"}))).await;
    assert_eq!(until_pong(&mut bob).await, [Value::Null; 0]);
    let mut ada = member(&server, "team-7/a", "ada", 1).await;
    ada.send(&seed(json!({"by": "ada"}))).await;
    assert_eq!(ada.next().await["version"], 1);
    assert_eq!(bob.next().await["patch"][0]["value"], json!({"by": "ada"}));
    for seq in 1..=4 {
        bob.send(&push(1, seq, add("/bob", json!(seq)))).await;
        let ack = bob.next().await;
        let result = &ack["results"][0];
        assert_eq!(result["rejected"]["code"], "forbidden", "{ack}");
        assert_eq!(
            (&result["seq"], &result["version"]),
            (&json!(seq), &json!(1))
        );
    }
    assert_eq!(until_pong(&mut ada).await, [Value::Null; 0]);
    // The socket is as good as before.
    ada.send(&push(1, 1, add("/ada", json!(1)))).await;
    assert_eq!(ada.next().await["results"][0]["version"], 2);
    assert_eq!(bob.next().await["version"], 2);
    // Nothing is remembered of what was refused: with the right to write it is taken.
    let writes = sign(&claims("bob", "team-7/*", &ALL));
    bob.send(&renewal(&writes)).await;
    bob.send(&push(2, 1, add("/bob", json!(1)))).await;
    assert_eq!(bob.next().await["results"][0]["version"], 3);
}

#[tokio::test]
async fn s24_a_change_that_was_taken_is_not_refused_when_it_comes_again() {
    let server = server_with_auth().await;
    let mut ada = member(&server, "team-7/a", "ada", 1).await;
    ada.send(&seed(json!({}))).await;
    assert_eq!(ada.next().await["version"], 1);
    let change = push(1, 1, add("/ada", json!(1)));
    ada.send(&change).await;
    let taken = ada.next().await;
    assert_eq!(taken["results"][0]["version"], 2);
    let reads = sign(&claims("ada", "team-7/*", &["read"]));
    ada.send(&renewal(&reads)).await;
    ada.send(&change).await;
    assert_eq!(ada.next().await, taken);
    ada.send(&push(2, 2, add("/more", json!(1)))).await;
    assert_eq!(
        ada.next().await["results"][0]["rejected"]["code"],
        "forbidden"
    );
}

#[tokio::test]
async fn s25_a_session_ends_with_its_token_and_a_newer_one_keeps_it() {
    let server = server_with_auth().await;
    // Two seconds before the last moment.
    let soon = |sub: &str| {
        let claims = claims(sub, "team-7/*", &ALL);
        sign(&with(claims, "exp", json!(in_seconds(-23))))
    };
    let mut ada = join(&server, "team-7/a", 1, &soon("ada")).await;
    assert_eq!(ada.next().await, json!({"type": "auth_expiring"}));
    let newer = sign(&claims("ada", "team-7/*", &ALL));
    ada.send(&renewal(&newer)).await;
    ada.send(&seed(json!({}))).await;
    assert_eq!(ada.next().await["version"], 1);
    let mut bob = join(&server, "team-7/a", 2, &soon("bob")).await;
    assert_eq!(bob.next().await, json!({"type": "auth_expiring"}));
    let mut seq = 0;
    // Writes without a pause, over the moment at which the old token ended.
    let ended = within(async {
        loop {
            seq += 1;
            ada.send(&push(seq, seq, add("/n", json!(seq)))).await;
            let ack = ada.next().await;
            assert_eq!(ack["results"][0]["version"], seq + 1, "{ack}");
            let heard = bob.next().await;
            if heard["type"] != "change" {
                return heard;
            }
        }
    })
    .await;
    assert_eq!(ended["code"], "unauthorized");
    assert_eq!(bob.closed().await, (None, 4401, "unauthorized".to_owned()));
    // Hers ended before his, and she is still here.
    assert_eq!(until_pong(&mut ada).await, [Value::Null; 0]);
    ada.leave().await;
    let (_, welcome) = join_and_hear(&server, "team-7/a", 3, &newer).await;
    assert_eq!(welcome["version"], seq + 1, "nothing was lost");
}

#[tokio::test]
async fn s25_a_newer_token_that_does_not_fit_ends_the_session() {
    let server = server_with_auth().await;
    let expired = with(
        claims("ada", "team-7/*", &ALL),
        "exp",
        json!(in_seconds(-60)),
    );
    let cases = [
        (sign(&claims("bob", "team-7/*", &ALL)), "forbidden", 4403),
        (sign(&claims("ada", "team-8/*", &ALL)), "forbidden", 4403),
        (
            sign(&claims("ada", "team-7/*", &["presence"])),
            "forbidden",
            4403,
        ),
        (sign(&expired), "unauthorized", 4401),
        ("a.b.c".to_owned(), "unauthorized", 4401),
        ("x".repeat(20_000), "too-large", 1009),
    ];
    for (number, (token, word, code)) in (1..).zip(cases) {
        let mut ada = member(&server, "team-7/a", "ada", number).await;
        ada.send(&renewal(&token)).await;
        assert_eq!(ada.closed().await, refusal(word, code));
    }
}

#[tokio::test]
async fn s26_a_replica_belongs_to_who_came_with_it_first() {
    let engine: Arc<dyn Engine> = Arc::new(Memory::default());
    let start = || async {
        let config = Config {
            auth: Some(auth()),
            engine: Arc::clone(&engine),
            ..config()
        };
        Server::start(config).await.unwrap()
    };
    let server = start().await;
    let mallory = sign(&claims("mallory", "*", &ALL));
    let steal = async |server: &Server| {
        let mut thief = Client::connect(server, "team-7/a").await;
        thief.send(&hello_with(1, &mallory)).await;
        assert_eq!(thief.closed().await, refusal("replaced", 4409));
    };
    let mut ada = member(&server, "team-7/a", "ada", 1).await;
    // Before she wrote anything, after it, and when she is gone.
    steal(&server).await;
    ada.send(&seed(json!({}))).await;
    assert_eq!(ada.next().await["version"], 1);
    ada.send(&push(1, 1, add("/n", json!(1)))).await;
    assert_eq!(ada.next().await["results"][0]["version"], 2);
    steal(&server).await;
    assert_eq!(until_pong(&mut ada).await, [Value::Null; 0]);
    ada.leave().await;
    steal(&server).await;
    within(server.stop()).await;
    let server = start().await;
    steal(&server).await;
    let hers = sign(&claims("ada", "team-7/*", &ALL));
    let (_, welcome) = join_and_hear(&server, "team-7/a", 1, &hers).await;
    assert_eq!(welcome["last_seq"], 1);
    // Another name is his to take.
    let _mallory = join(&server, "team-7/a", 2, &mallory).await;
}
