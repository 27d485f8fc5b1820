//! The program's flags for tokens (S1, S21, S22).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};
use support::program::Program;
use support::token::{claims, hello_with, key_file, sign, with};
use support::{Client, Folder, refusal};

const PROGRAM: &str = env!("CARGO_BIN_EXE_draftsync-server");

/// What the program says when it does not start.
fn refused(flags: &[&str]) -> String {
    let flags = [&["--engine", "memory", "--listen", "127.0.0.1:0"], flags].concat();
    let output = Command::new(PROGRAM).args(flags).output().unwrap();
    assert!(!output.status.success(), "it ran and ended well");
    assert!(output.stdout.is_empty(), "it did not listen");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn s21_the_program_does_not_start_with_what_is_no_key() {
    let folder = Folder::new("short-secret");
    std::fs::create_dir_all(&folder.path).unwrap();
    let short = folder.path.join("secret");
    // As many bytes as it needs, but one of them ends the line.
    std::fs::write(&short, "0123456789012345678901234567890\n").unwrap();
    let short = short.to_str().unwrap();
    let said = refused(&["--auth-secret-file", short]);
    assert!(said.contains("has 31 bytes and needs 32"), "{said}");
    assert!(said.contains("openssl rand"), "{said}");
    let said = refused(&["--auth-public-key-file", short]);
    assert!(said.contains("-pubout"), "{said}");
    let missing = folder.path.join("none");
    let said = refused(&["--auth-secret-file", missing.to_str().unwrap()]);
    assert!(said.contains("cannot read the key in"), "{said}");
    let both = ["--auth-secret-file", short, "--auth-public-key-file", short];
    assert!(refused(&both).contains("cannot be used with"));
}

#[tokio::test]
async fn s1_s22_the_program_listens_anywhere_and_asks_for_its_audience() {
    let secret = key_file("secret");
    let flags = [
        "--engine",
        "memory",
        "--listen",
        "0.0.0.0:0",
        "--auth-secret-file",
        secret.to_str().unwrap(),
        "--auth-audience",
        "staging",
    ];
    let mut program = Program::start(Path::new(PROGRAM), &flags, Stdio::null()).unwrap();
    let port = program.address().unwrap().port();
    let address = ([127, 0, 0, 1], port).into();
    let usual = claims("ada", "*", &["read"]);
    let ours = with(usual.clone(), "aud", json!("staging"));
    let mut client = Client::connect_to(address, "a").await;
    client.send(&hello_with(1, &sign(&usual))).await;
    assert_eq!(client.closed().await, refusal("unauthorized", 4401));
    let mut client = Client::connect_to(address, "a").await;
    client.send(&hello_with(1, &sign(&ours))).await;
    assert_eq!(client.next().await["type"], "welcome");
}
