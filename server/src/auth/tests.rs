//! What is asked of a key and of a token, and for how long it lasts (S21, S22, S23, S25).

use super::*;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::path::PathBuf;
use tokio::time::Instant;

/// The time at which all of this happens.
const NOW: u64 = 2_000_000_000;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/keys")
        .join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(file(name)).expect("a key of the tests")
}

fn auth() -> Auth {
    Auth::with_secret_file(&file("secret"), "draftsync").expect("a secret")
}

fn claims(rooms: Value) -> Value {
    json!({"sub": "ada", "aud": "draftsync", "exp": NOW + 3_600, "rooms": rooms})
}

fn all(room: &str) -> Value {
    json!([{"room": room, "can": ["read", "write", "presence"]}])
}

fn signed(claims: &Value) -> String {
    let secret = bytes("secret");
    let key = EncodingKey::from_secret(secret.trim_ascii_end());
    encode(&Header::new(Algorithm::HS256), claims, &key).expect("a token")
}

fn granted(auth: &Auth, claims: &Value, room: &str) -> Result<Grant, Refused> {
    auth.grant(Some(&signed(claims)), room, Duration::from_secs(NOW))
}

#[test]
fn s21_a_key_file_has_a_key_and_says_by_which_algorithm() {
    let keys = [
        ("rsa", Algorithm::RS256),
        ("p256", Algorithm::ES256),
        ("ed25519", Algorithm::EdDSA),
    ];
    for (name, algorithm) in keys {
        let public = file(&format!("{name}.public.pem"));
        let auth = Auth::with_public_key_file(&public, "draftsync").expect(name);
        assert_eq!(auth.validation.algorithms, [algorithm], "{name}");
        let pem = bytes(&format!("{name}.private.pem"));
        let key = match name {
            "rsa" => EncodingKey::from_rsa_pem(&pem),
            "p256" => EncodingKey::from_ec_pem(&pem),
            _ => EncodingKey::from_ed_pem(&pem),
        };
        let claims = claims(all("a/*"));
        let token = encode(&Header::new(algorithm), &claims, &key.expect("a key")).expect(name);
        let now = Duration::from_secs(NOW);
        assert!(auth.grant(Some(&token), "a/b", now).is_ok(), "{name}");
        // What is public is no secret: who has it can sign with it by HS256.
        let confused = EncodingKey::from_secret(&bytes(&format!("{name}.public.pem")));
        let token = encode(&Header::new(Algorithm::HS256), &claims, &confused).expect(name);
        let refused = auth.grant(Some(&token), "a/b", now);
        assert_eq!(refused, Err(Refused::BadToken), "{name}");
    }
}

#[test]
fn s21_what_is_no_good_key_is_refused_at_the_start() {
    for name in [
        "rsa1024.public.pem",
        "p384.public.pem",
        "k256.public.pem",
        "rsa.private.pem",
        "ed25519.private.pem",
        "secret",
    ] {
        let error = Auth::with_public_key_file(&file(name), "draftsync").expect_err(name);
        assert!(matches!(error, KeyError::NoPublicKey { .. }), "{error}");
        assert!(error.to_string().contains("openssl"), "{error}");
    }
    let missing = Auth::with_secret_file(&file("none"), "draftsync").expect_err("no file");
    assert!(matches!(missing, KeyError::NotRead { .. }), "{missing}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
    let folder = Auth::with_public_key_file(&folder, "draftsync").expect_err("a folder");
    assert!(matches!(folder, KeyError::NotRead { .. }), "{folder}");
}

#[test]
fn s22_a_token_has_all_that_it_needs_and_now_is_its_time() {
    let good = claims(all("a/b"));
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().expect("an object").remove(name);
        claims
    };
    let bad = Err(Refused::BadToken);
    let late = Err(Refused::NotNow);
    let cases = [
        (good.clone(), Ok(())),
        (without("exp"), bad),
        (without("aud"), bad),
        (without("sub"), bad),
        (without("rooms"), Err(Refused::NotHere)),
        (with("exp", json!(NOW - 24)), Ok(())),
        (with("exp", json!(NOW as f64 - 24.5)), Ok(())),
        (with("exp", json!(NOW - 25)), late),
        (with("exp", json!(0)), late),
        (with("exp", json!(-1)), bad),
        (with("exp", json!(1e15)), Ok(())),
        (with("exp", json!(1e300)), bad),
        (with("exp", json!("4000000000")), bad),
        (with("exp", Value::Null), bad),
        (with("nbf", json!(NOW + 30)), Ok(())),
        (with("nbf", json!(NOW + 31)), late),
        (with("aud", json!(["other", "draftsync"])), Ok(())),
        (with("aud", json!("other")), bad),
        (with("aud", json!([])), bad),
        (with("aud", json!("draftsync ")), bad),
        (with("sub", json!("")), bad),
        (with("sub", json!(7)), bad),
        (with("sub", json!("x".repeat(256))), Ok(())),
        (with("sub", json!("x".repeat(257))), bad),
        (with("rooms", json!({"a/b": ["read"]})), bad),
        (with("rooms", json!([{"room": "a/b"}])), bad),
    ];
    let auth = auth();
    for (claims, expected) in cases {
        let granted = granted(&auth, &claims, "a/b").map(drop);
        assert_eq!(granted, expected, "{claims}");
    }
    let none = auth.grant(None, "a/b", Duration::from_secs(NOW));
    assert_eq!(none, Err(Refused::NoToken));
}

#[test]
fn s22_a_header_that_wants_more_than_is_known_is_refused() {
    let key = EncodingKey::from_secret(bytes("secret").trim_ascii_end());
    let mut header = Header::new(Algorithm::HS256);
    header.crit = Some(vec!["b64".to_owned()]);
    let token = encode(&header, &claims(all("a/b")), &key).expect("a token");
    let refused = auth().grant(Some(&token), "a/b", Duration::from_secs(NOW));
    assert_eq!(refused, Err(Refused::BadToken));
}

#[test]
fn s23_a_pattern_is_a_room_or_all_below_a_place() {
    let no = Err(Refused::NotHere);
    let bad = Err(Refused::BadToken);
    let cases = [
        ("team-7/list", "team-7/list", Ok(())),
        ("team-7/list", "team-7/lists", no),
        ("team-7/list", "team-7", no),
        ("team-7/list", "TEAM-7/list", no),
        ("team-7/*", "team-7/list", Ok(())),
        ("team-7/*", "team-7/lists/a", Ok(())),
        ("team-7/*", "team-7", no),
        ("team-7/*", "team-70/list", no),
        ("team-7/*", "team-8/team-7/list", no),
        ("team-7/lists/*", "team-7/list", no),
        ("*", "anything/at/all", Ok(())),
        ("**", "a", bad),
        ("team-7*", "team-7/list", bad),
        ("team-*/list", "team-7/list", bad),
        ("*/list", "team-7/list", bad),
        ("team-7/**", "team-7/list", bad),
        ("team-7/", "team-7/list", bad),
        ("team-7/../*", "team-7/list", bad),
        ("/*", "team-7/list", bad),
        ("", "team-7/list", bad),
    ];
    let auth = auth();
    for (pattern, room, expected) in cases {
        let granted = granted(&auth, &claims(all(pattern)), room).map(drop);
        assert_eq!(granted, expected, "{pattern:?} {room}");
    }
}

#[test]
fn s23_rights_add_up_and_writing_needs_reading() {
    let no = Err(Refused::NotHere);
    let cases = [
        (json!([{"room": "a/b", "can": ["read"]}]), Ok(false)),
        (json!([{"room": "a/b", "can": ["read", "write"]}]), Ok(true)),
        (json!([{"room": "a/b", "can": ["write"]}]), no),
        (json!([{"room": "a/b", "can": ["presence"]}]), no),
        (json!([{"room": "a/b", "can": ["Read", "*", "admin"]}]), no),
        (json!([{"room": "a/b", "can": []}]), no),
        (json!([]), no),
        (
            json!([{"room": "a/*", "can": ["read"]}, {"room": "a/b", "can": ["read", "write"]}]),
            Ok(true),
        ),
        (
            json!([{"room": "a/*", "can": ["read"]}, {"room": "a/c", "can": ["read", "write"]}]),
            Ok(false),
        ),
        (
            json!([{"room": "a/*", "can": ["read"]}, {"room": "a/b", "can": ["write"]}]),
            Ok(true),
        ),
    ];
    let auth = auth();
    for (rooms, expected) in cases {
        let granted = granted(&auth, &claims(rooms.clone()), "a/b").map(|grant| grant.writes);
        assert_eq!(granted, expected, "{rooms}");
    }
}

#[tokio::test(start_paused = true)]
async fn s25_a_lease_gives_notice_a_minute_before_and_25_seconds_after() {
    let now = Instant::now();
    let cases = [
        (3_600.0, 3_540, 3_625),
        (60.0, 0, 85),
        (5.0, 0, 30),
        (-20.0, 0, 5),
        (-25.0, 0, 0),
    ];
    for (rest, notice, end) in cases {
        let lease = Lease::new(rest, now);
        assert_eq!(lease.notice - now, Duration::from_secs(notice), "{rest}");
        assert_eq!(lease.end - now, Duration::from_secs(end), "{rest}");
    }
    // A token may name any time at all.
    for rest in [1e300, -1e300, f64::INFINITY] {
        let lease = Lease::new(rest, now);
        assert!(lease.notice <= lease.end);
    }
}

#[test]
fn s25_a_newer_token_is_of_the_same_subject_and_for_the_same_room() {
    let auth = auth();
    let now = Duration::from_secs(NOW);
    let before = granted(&auth, &claims(all("a/*")), "a/b").expect("a grant");
    let renew = |claims: &Value| auth.renew(&before, &signed(claims), "a/b", now).map(drop);
    assert_eq!(renew(&claims(all("a/b"))), Ok(()));
    assert_eq!(renew(&claims(all("a/c"))), Err(Refused::NotHere));
    let mut other = claims(all("a/*"));
    other["sub"] = json!("Ada");
    assert_eq!(renew(&other), Err(Refused::NotTheSame));
}
