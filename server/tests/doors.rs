//! Part S, the doors: who is let in, what is served, and what is no name.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync_server::{Config, Server};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use support::{config, get, server, status, token, upgrade};

#[tokio::test]
async fn s1_listens_on_loopback_only() {
    for address in ["0.0.0.0:0", "[::]:0", "192.168.1.2:0"] {
        let listen: SocketAddr = address.parse().unwrap();
        let config = Config { listen, ..config() };
        let error = Server::start(config).await.expect_err(address);
        let message = error.to_string();
        assert!(message.contains("listen on 127.0.0.1"), "{message}");
        assert!(message.contains("--auth-secret-file"), "{message}");
    }
}

#[tokio::test]
async fn s1_with_a_key_it_listens_where_it_is_told_to() {
    let config = Config {
        listen: "0.0.0.0:0".parse().unwrap(),
        auth: Some(token::auth()),
        ..config()
    };
    let server = Server::start(config).await.unwrap();
    assert!(server.address().ip().is_unspecified());
}

#[tokio::test]
async fn s2_s3_with_a_key_only_named_origins_open_a_socket_from_anywhere() {
    let config = Config {
        origins: vec![
            "https://app.example".to_owned(),
            "http://localhost:5173".to_owned(),
        ],
        auth: Some(token::auth()),
        ..config()
    };
    let server = Server::start(config).await.unwrap();
    let cases = [
        ("Origin: https://app.example", 101),
        ("Origin: http://localhost:5173", 101),
        ("Origin: http://localhost", 403),
        ("Origin: http://localhost:5174", 403),
        ("Origin: http://127.0.0.1:5173", 403),
        ("Origin: null", 403),
        ("Origin: ", 403),
        ("Origin: http://app.example", 403),
        ("Origin: https://app.example:443", 403),
        ("Origin: https://app.example:8443", 403),
        ("Origin: https://app.example.", 403),
        ("Origin: https://APP.example", 403),
        ("Origin: HTTPS://app.example", 403),
        ("Origin: https://app.example.evil.com", 403),
        ("Origin: https://evil-app.example", 403),
        ("Origin: https://app.example@evil.com", 403),
        ("Origin: https://app.example, https://app.example", 403),
        // Who is no browser brings a token, and a proxy may stand in between.
        ("X-Forwarded-For: 203.0.113.7", 101),
        ("Forwarded: for=203.0.113.7", 101),
        ("Host: rooms.example", 101),
    ];
    for (header, expected) in cases {
        let answer = upgrade(&server, "/rooms/r", &[header]).await;
        assert_eq!(status(&answer), expected, "{header}: {answer}");
    }
}

#[tokio::test]
async fn s2_only_local_pages_and_clients_without_a_page_open_a_socket() {
    let server = server().await;
    let cases = [
        (None, 101),
        (Some("http://localhost"), 101),
        (Some("http://localhost:5173"), 101),
        (Some("http://127.0.0.1:7700"), 101),
        (Some("http://[::1]:1"), 101),
        (Some("null"), 403),
        (Some(""), 403),
        (Some("https://localhost"), 403),
        (Some("http://LOCALHOST"), 403),
        (Some("HTTP://localhost"), 403),
        (Some("http://localhost."), 403),
        (Some("http://localhost:"), 403),
        (Some("http://localhost:0"), 403),
        (Some("http://localhost:080"), 403),
        (Some("http://localhost:+80"), 403),
        (Some("http://localhost:65536"), 403),
        (Some("http://localhost/"), 403),
        (Some("http://localhost:80/x"), 403),
        (Some("http://localhost.evil.com"), 403),
        (Some("http://localhost:80.evil.com"), 403),
        (Some("http://localhost@evil.com"), 403),
        (Some("http://evil.com/http://localhost"), 403),
        (Some("http://127.0.0.2"), 403),
        (Some("http://127.0.0.1.nip.io"), 403),
        (Some("http://evil.com"), 403),
        (Some("http://localhost, http://localhost"), 403),
    ];
    for (origin, expected) in cases {
        let header = origin.map(|origin| format!("Origin: {origin}"));
        let headers: Vec<&str> = header.iter().map(String::as_str).collect();
        let answer = upgrade(&server, "/rooms/r", &headers).await;
        assert_eq!(status(&answer), expected, "{origin:?}: {answer}");
    }
    let twice = ["Origin: http://localhost", "Origin: http://localhost"];
    assert_eq!(status(&upgrade(&server, "/rooms/r", &twice).await), 403);
}

#[tokio::test]
async fn s2_an_allowed_origin_is_compared_as_a_whole() {
    let origins = vec!["https://app.example".to_owned()];
    let config = Config {
        origins,
        ..config()
    };
    let server = Server::start(config).await.unwrap();
    let cases = [
        ("https://app.example", 101),
        ("https://app.example:443", 403),
        ("http://app.example", 403),
        ("https://app.example.evil.com", 403),
        ("https://sub.app.example", 403),
        ("https://APP.example", 403),
    ];
    for (origin, expected) in cases {
        let header = format!("Origin: {origin}");
        let answer = upgrade(&server, "/rooms/r", &[&header]).await;
        assert_eq!(status(&answer), expected, "{origin}");
    }
}

#[tokio::test]
async fn s2_what_no_browser_sends_is_not_taken_as_an_origin() {
    let cases = [
        ("https://app.example", true),
        ("http://app.example:8080", true),
        ("http://[::1]:3000", true),
        ("capacitor://localhost", true),
        ("", false),
        ("null", false),
        ("*", false),
        ("app.example", false),
        ("https://", false),
        ("https://app.example/", false),
        ("https://App.example", false),
        ("https://*.example", false),
        ("https://app.example:443", false),
        ("http://app.example:80", false),
        ("https://app.example:x", false),
        ("https://me@app.example", false),
        ("http://[::x]", false),
    ];
    for (origin, taken) in cases {
        let origins = vec![origin.to_owned()];
        let config = Config {
            origins,
            ..config()
        };
        match Server::start(config).await {
            Ok(_) => assert!(taken, "{origin:?} was taken"),
            Err(error) => {
                assert!(!taken, "{origin:?}: {error}");
                assert!(error.to_string().contains("--allow-origin"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn s3_only_plain_local_requests_are_answered() {
    let server = server().await;
    let cases = [
        ("Host: localhost", 101),
        ("Host: localhost:7700", 101),
        ("Host: 127.0.0.1", 101),
        ("Host: [::1]:9", 101),
        ("Host: evil.com", 403),
        ("Host: localhost.evil.com", 403),
        ("Host: 127.0.0.1.nip.io:7700", 403),
        ("Host: 10.0.0.1", 403),
        ("Host: localhost:x", 403),
        ("X-Forwarded-For: 127.0.0.1", 403),
        ("Forwarded: for=127.0.0.1", 403),
    ];
    for (header, expected) in cases {
        let answer = upgrade(&server, "/rooms/r", &[header]).await;
        assert_eq!(status(&answer), expected, "{header}: {answer}");
    }
    let through = get(&server, "/healthz", &["X-Forwarded-For: 127.0.0.1"]).await;
    assert_eq!(status(&through), 403);
}

#[tokio::test]
async fn s4_what_is_no_name_is_refused() {
    let server = server().await;
    let long = "x".repeat(128);
    let longest = format!("{}/{long}", [long.as_str(); 3].join("/"));
    let cases = [
        ("a".to_owned(), 101),
        ("team-7/lists/A.b_c~d".to_owned(), 101),
        ("...".to_owned(), 101),
        (long.clone(), 101),
        (longest[4..].to_owned(), 101),
        (longest, 400),
        (format!("{long}x"), 400),
        ("..".to_owned(), 400),
        (".".to_owned(), 400),
        ("a/../b".to_owned(), 400),
        ("a/..%2fb".to_owned(), 400),
        ("a%2Fb".to_owned(), 400),
        ("%61".to_owned(), 400),
        ("a//b".to_owned(), 400),
        ("a/".to_owned(), 400),
        ("a%20b".to_owned(), 400),
        ("a%00b".to_owned(), 400),
        ("caf%C3%A9".to_owned(), 400),
    ];
    for (room, expected) in cases {
        let answer = upgrade(&server, &format!("/rooms/{room}"), &[]).await;
        assert_eq!(status(&answer), expected, "{room}: {answer}");
    }
}

#[tokio::test]
async fn w1_the_subprotocol_is_draftsync_v1() {
    let server = server().await;
    let offer = ["Sec-WebSocket-Protocol: other, draftsync.v1"];
    let answer = upgrade(&server, "/rooms/r", &offer).await.to_lowercase();
    assert_eq!(status(&answer), 101);
    let chosen = "sec-websocket-protocol: draftsync.v1\r\n";
    assert!(answer.contains(chosen), "{answer}");
    let others = ["Sec-WebSocket-Protocol: draftsync.v2, other"];
    assert_eq!(status(&upgrade(&server, "/rooms/r", &others).await), 400);
}

#[tokio::test]
async fn s5_health_and_files() {
    let folder = Folder::new("files");
    folder.write("www/index.html", "<p>page</p>");
    folder.write("pkg/core.wasm", "\0asm");
    folder.write("pkg/index.js", "export {};");
    folder.write("secret.txt", "secret");
    let config = Config {
        www: Some(folder.path.join("www")),
        pkg: Some(folder.path.join("pkg")),
        ..config()
    };
    let server = Server::start(config).await.unwrap();
    let health = get(&server, "/healthz", &[]).await;
    assert_eq!(status(&health), 200);
    assert!(health.ends_with("\r\n\r\nok"), "{health}");

    let page = get(&server, "/", &[]).await;
    assert!(page.ends_with("<p>page</p>"), "{page}");
    for header in [
        "content-type: text/html",
        "cache-control: no-cache",
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
         connect-src 'self' ws: wss:; style-src 'self'\r\n",
    ] {
        assert!(page.contains(header), "{header} in {page}");
    }
    let wasm = get(&server, "/pkg/core.wasm", &[]).await;
    assert!(
        wasm.contains("content-type: application/wasm\r\n"),
        "{wasm}"
    );
    let script = get(&server, "/pkg/index.js", &[]).await;
    assert!(
        script.contains("content-type: text/javascript\r\n"),
        "{script}"
    );
    for path in ["/../secret.txt", "/pkg/..%2f..%2fsecret.txt", "/nothing"] {
        let answer = get(&server, path, &[]).await;
        assert_eq!(status(&answer), 404, "{path}: {answer}");
    }
}

#[tokio::test]
async fn s5_a_folder_that_is_not_there_is_told_at_once() {
    let config = Config {
        www: Some(PathBuf::from("no/such/folder")),
        ..config()
    };
    let error = Server::start(config).await.expect_err("no folder");
    assert!(error.to_string().contains("--www"), "{error}");
}

/// A folder of this test, gone when the test ends.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        Self { path }
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over is written anew by the next run.
        let _left = std::fs::remove_dir_all(&self.path);
    }
}
