//! The snippet of `docs/authentication.md` makes a token that opens a room (S21 to S23).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::process::Command;
use support::token::{hello_with, key_file, server_with_auth};
use support::{Client, refusal};

/// What stands in the paper between these fences.
fn snippet(language: &str) -> &'static str {
    let paper = include_str!("../../docs/authentication.md");
    let (_, rest) = paper.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// Runs the snippet in Node, which `cargo xtask test` needs in any case.
fn token_of(user: &str, team: &str) -> String {
    let script = format!(
        "{}\nprocess.stdout.write(draftsyncToken({user:?}, {team:?}));",
        snippet("js")
    );
    let output = Command::new("node")
        .args(["--input-type=module", "--eval", &script])
        .env("DRAFTSYNC_SECRET_FILE", key_file("secret"))
        .output()
        .expect("Node runs the snippet; install Node 20 or newer");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn s22_the_token_of_the_paper_opens_the_rooms_of_its_team() {
    let server = server_with_auth().await;
    let token = token_of("ada", "team-7");
    let mut ada = Client::connect(&server, "team-7/plan").await;
    ada.send(&hello_with(1, &token)).await;
    assert_eq!(ada.next().await["type"], "welcome");
    let mut elsewhere = Client::connect(&server, "team-70/plan").await;
    elsewhere.send(&hello_with(1, &token)).await;
    assert_eq!(elsewhere.closed().await, refusal("forbidden", 4403));
}
