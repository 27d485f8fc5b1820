//! A backup is put back under a real server, and replicas that know of more meet it: S19, R14, C22.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use draftsync::client::{Client as Core, Output};
use draftsync::frame;
use draftsync::protocol::{PatchOp, ToClient, ToRoom};
use draftsync::tree::Tree;
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use support::program::Program;
use support::{Client, Folder, within};

/// The library's own replica on a real socket.
struct Replica {
    core: Core<Tree>,
    socket: Option<Client>,
    /// How often it was told that the room has another history.
    histories: usize,
}

fn tree(value: &Value) -> Tree {
    serde_json::from_value(value.clone()).unwrap()
}

impl Replica {
    fn new(seed: u128) -> Self {
        let core = Core::new(tree(&json!({"items": []})), seed);
        Self {
            core,
            socket: None,
            histories: 0,
        }
    }

    fn adds(&mut self, item: &str) {
        let value = tree(&json!(item));
        let path = "/items/-".into();
        self.core.write(&[PatchOp::Add { path, value }]).unwrap();
    }

    fn items(&mut self) -> Value {
        serde_json::to_value(self.core.view()).unwrap()["items"].clone()
    }

    /// Does what the replica wants; true when something was pushed.
    async fn carry_out(&mut self, address: SocketAddr) -> bool {
        let mut pushed = false;
        if self.socket.is_none() {
            self.socket = Some(Client::connect_to(address, "r").await);
            self.core.handle_opened();
        }
        while let Some(output) = self.core.poll_output() {
            match output {
                Output::Send(message) => {
                    pushed |= matches!(message, ToRoom::Push { .. });
                    let text = frame::write(&message).unwrap();
                    self.socket.as_mut().unwrap().send_text(text).await;
                }
                Output::Reconnect => {
                    self.core.handle_closed();
                    self.socket = Some(Client::connect_to(address, "r").await);
                    self.core.handle_opened();
                }
                Output::HistoryLost => self.histories += 1,
                Output::Rejected(seq, why) => panic!("{seq:?} was refused: {why:?}"),
                _ => {}
            }
        }
        pushed
    }

    async fn hears(&mut self) {
        let message = self.socket.as_mut().unwrap().next().await;
        let message: ToClient<Tree> = frame::read(&message.to_string()).unwrap();
        self.core.handle_message(message);
    }

    /// Goes on until everything is answered.
    async fn settles(&mut self, address: SocketAddr) {
        within(async {
            self.carry_out(address).await;
            while !self.core.is_live() || self.core.pending() > 0 {
                self.hears().await;
                self.carry_out(address).await;
            }
        })
        .await;
    }

    /// Goes on until it is at a version.
    async fn reaches(&mut self, address: SocketAddr, version: u64) {
        within(async {
            self.carry_out(address).await;
            while self.core.version().0 < version || !self.core.is_live() {
                self.hears().await;
                self.carry_out(address).await;
            }
        })
        .await;
        assert_eq!(self.core.version().0, version);
    }

    /// Pushes, and is gone before the answer.
    async fn pushes_and_leaves(&mut self, address: SocketAddr) {
        within(async { while !self.carry_out(address).await {} }).await;
        self.loses_its_socket();
    }

    fn loses_its_socket(&mut self) {
        self.socket = None;
        self.core.handle_closed();
    }
}

/// The server's program on a folder; it is killed and started again.
struct Server {
    folder: PathBuf,
    program: Program,
    address: SocketAddr,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let binary = Path::new(env!("CARGO_BIN_EXE_draftsync-server"));
        let data = folder.to_str().unwrap();
        let flags = ["--listen", "127.0.0.1:0", "--data", data];
        let mut program = Program::start(binary, &flags, Stdio::null()).unwrap();
        let address = program.address().unwrap();
        Self {
            folder: folder.to_owned(),
            program,
            address,
        }
    }

    fn again(mut self, meanwhile: impl FnOnce(&Path)) -> Self {
        self.program.kill().unwrap();
        meanwhile(&self.folder.join("rooms.redb"));
        Self::start(&self.folder)
    }
}

/// What came after the backup is gone, what waited comes once, and what the backup has of that
/// already does not come twice.
#[tokio::test]
async fn s19_r14_c22_a_backup_that_is_put_back_is_another_history_to_its_clients() {
    let folder = Folder::new("rooms-put-back");
    let copy = Folder::new("rooms-put-back-copy");
    let mut server = Server::start(&folder.path);
    let (mut ada, mut bob) = (Replica::new(1), Replica::new(2));
    ada.adds("first");
    ada.settles(server.address).await;
    bob.reaches(server.address, 2).await;
    // In the backup, and its author does not know.
    ada.adds("unheard");
    ada.pushes_and_leaves(server.address).await;
    bob.reaches(server.address, 3).await;
    bob.loses_its_socket();
    server = server.again(|file| {
        fs::copy(file, &copy.path).unwrap();
    });

    // Not in the backup, and acknowledged.
    bob.adds("later");
    bob.settles(server.address).await;
    bob.loses_its_socket();
    assert_eq!(bob.items(), json!(["first", "unheard", "later"]));
    ada.adds("waiting");
    server = server.again(|file| {
        fs::remove_file(file).unwrap();
        fs::rename(&copy.path, file).unwrap();
    });

    ada.settles(server.address).await;
    assert_eq!((ada.histories, ada.core.version().0), (1, 4));
    bob.reaches(server.address, 4).await;
    assert_eq!(bob.histories, 1);
    let all = json!(["first", "unheard", "waiting"]);
    assert_eq!((ada.items(), bob.items()), (all.clone(), all.clone()));

    // From here on it is one history again, also over a restart.
    bob.adds("new");
    bob.settles(server.address).await;
    ada.reaches(server.address, 5).await;
    let (ada_id, bob_id) = (ada.core.id(), bob.core.id());
    ada.loses_its_socket();
    bob.loses_its_socket();
    server = server.again(|_| {});
    ada.settles(server.address).await;
    bob.settles(server.address).await;
    assert_eq!((ada.histories, bob.histories), (1, 1));
    assert_eq!((ada.core.id(), bob.core.id()), (ada_id, bob_id));
    assert_eq!(ada.items(), json!(["first", "unheard", "waiting", "new"]));
    assert_eq!(bob.items(), ada.items());
}
