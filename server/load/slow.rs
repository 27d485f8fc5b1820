//! What one client that reads slowly does to the others of its room, and to the server.

use crate::client::join_on;
use crate::figures::{Table, spread};
use crate::node::Node;
use crate::people::{People, Round};
use crate::{Failed, Plan, disk, table};
use futures_util::StreamExt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Sleep, sleep};

const CLIENTS: usize = 100;
const CHANGES_PER_SECOND: u32 = 200;
/// It reads so many bytes, and then waits so long: a kilobyte a second.
const BYTES: usize = 102;
const PAUSE: Duration = Duration::from_millis(100);
/// It is looked for so often whether the server has closed it.
const LOOK: Duration = Duration::from_millis(100);

/// What came of a room in which one reads slowly, or none.
#[derive(Debug)]
struct Harm {
    round: Round,
    /// When the server had closed it, if it had.
    closed: Option<Duration>,
    memory: f64,
}

pub(crate) async fn measure(plan: &Plan) -> Result<Table, Failed> {
    let head = [
        "the others of the room",
        "relay p50, ms",
        "relay p99, ms",
        "sync p99, ms",
        "memory of the server grew by, MB",
    ];
    let title = format!("One of {CLIENTS} clients reads 1 kB/s, {CHANGES_PER_SECOND} changes/s");
    let mut table = table(&title, &head);
    let length = plan.long();
    let without = plan
        .repeat("all of a room read", async |node| {
            one(node, length, false).await
        })
        .await?;
    let with = plan
        .repeat("one reads slowly", async |node| {
            one(node, length, true).await
        })
        .await?;
    for (name, rounds) in [("all read", &without), ("one reads slowly", &with)] {
        table.row(vec![
            name.to_owned(),
            spread(rounds, |harm| harm.round.relays.p50()),
            spread(rounds, |harm| harm.round.relays.p99()),
            spread(rounds, |harm| harm.round.syncs.p99()),
            spread(rounds, |harm| harm.memory / 1024.0 / 1024.0),
        ]);
    }
    let closed: Vec<f64> = with
        .iter()
        .filter_map(|harm| harm.closed.map(|after| after.as_secs_f64()))
        .collect();
    table.note(format!(
        "The slow one was gone in {} of {} rounds, after {} s, of which up to 12 are what the \
         server gives it to take the close. Goals: p99 of the others changes by less than a \
         tenth, closed within 10 s, at most 1 MB for it.",
        closed.len(),
        with.len(),
        spread(&closed, |after| *after),
    ));
    Ok(table)
}

async fn one(node: &Node, length: Duration, slowly: bool) -> Result<Harm, Failed> {
    let syncs = disk::syncs(&node.folder).await?;
    let others = CLIENTS - usize::from(slowly);
    let mut people = People::enter(node, 1, others, 1).await?;
    let files = node.files()?;
    let mut slow = None;
    if slowly {
        let stream = connect_narrow(node).await?;
        slow = Some(tokio::spawn(read_slowly(stream, node.address)));
        while node.files()? <= files {
            sleep(LOOK).await;
        }
    }
    let (memory, began) = (node.memory()?, Instant::now());
    let watch = async {
        while slowly && began.elapsed() < length {
            if node.files()? <= files {
                return Ok(Some(began.elapsed()));
            }
            sleep(LOOK).await;
        }
        Ok::<_, Failed>(None)
    };
    let (written, closed) = tokio::join!(people.write(CHANGES_PER_SECOND, length), watch);
    written?;
    let memory = node.memory()? - memory;
    let round = people.leave(length, syncs).await?;
    if let Some(slow) = slow {
        slow.abort();
    }
    Ok(Harm {
        round,
        closed: closed?,
        memory,
    })
}

/// A connection that the system keeps as little for as it can.
async fn connect_narrow(node: &Node) -> Result<TcpStream, Failed> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(1)?;
    Ok(socket.connect(node.address).await?)
}

async fn read_slowly(stream: TcpStream, address: std::net::SocketAddr) -> Result<(), Failed> {
    let slow = Slow {
        stream,
        pause: None,
    };
    let (_speaker, mut stream, _) = join_on(slow, address, "room-0", CLIENTS).await?;
    while let Some(Ok(_)) = stream.next().await {}
    Ok(())
}

/// A stream that is read a little at a time.
#[derive(Debug)]
struct Slow {
    stream: TcpStream,
    pause: Option<Pin<Box<Sleep>>>,
}

impl AsyncRead for Slow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let mut little = [0; BYTES];
        let length = into.remaining().min(BYTES);
        let mut little = ReadBuf::new(&mut little[..length]);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut little))?;
        into.put_slice(little.filled());
        self.pause = Some(Box::pin(sleep(PAUSE)));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Slow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
