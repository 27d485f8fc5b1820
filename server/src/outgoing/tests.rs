//! What waits for a slow reader: S29.

use super::*;

fn id(number: u128) -> ClientId {
    ClientId(number)
}

/// The texts that the socket is given until nothing waits.
async fn written(queue: &mut Queue) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        tokio::select! {
            biased;
            item = queue.next() => match item {
                Some(Item::Frame { text, counted }) => {
                    if counted {
                        queue.written(text.len());
                    }
                    all.push(text.to_string());
                }
                other => panic!("{other:?} is no frame"),
            },
            () = tokio::task::yield_now() => return all,
        }
    }
}

/// The text of the next thing to write, which is there.
async fn next(queue: &mut Queue) -> String {
    match queue.next().await {
        Some(Item::Frame { text, .. }) => text.to_string(),
        other => panic!("{other:?} is no frame"),
    }
}

#[tokio::test]
async fn r26_a_face_is_written_before_the_changes_that_came_after_it() {
    let (outgoing, mut queue) = queue(&Limits::default());
    let change = |text: &'static str| outgoing.frame(text.into()).expect("a place");
    change("v1");
    outgoing.face(id(1), "1 at v1".into());
    outgoing.face(id(2), "2 at v1".into());
    change("v2");
    outgoing.face(id(2), "2 at v2".into());
    change("v3");
    // The newest of each, where it was put.
    let expected = ["v1", "1 at v1", "v2", "2 at v2", "v3"];
    assert_eq!(written(&mut queue).await, expected);
    // The reader waits already when they come.
    let waiting = async { [next(&mut queue).await, next(&mut queue).await] };
    let coming = async {
        outgoing.face(id(1), "1 at v3".into());
        change("v4");
    };
    let (first, ()) = tokio::join!(biased; waiting, coming);
    assert_eq!(first, ["1 at v3", "v4"]);
}

#[tokio::test]
async fn s29_a_slow_reader_gets_every_change_and_then_the_latest_of_each_face() {
    let limits = Limits::default();
    let (outgoing, mut queue) = queue(&limits);
    for round in 0..10_000 {
        for client in 1..=2 {
            outgoing.face(id(client), format!("{client} is at {round}").into());
        }
        if round % 1_000 == 0 {
            outgoing
                .frame(format!("change {round}").into())
                .expect("a place");
        }
    }
    outgoing.face(id(2), "2 is gone".into());
    let mut expected: Vec<_> = (0..10).map(|round| format!("change {round}000")).collect();
    expected[0] = "change 0".into();
    expected.extend(["1 is at 9999", "2 is gone"].map(Into::into));
    assert_eq!(written(&mut queue).await, expected);
    assert_eq!(written(&mut queue).await, Vec::<String>::new());
    outgoing.face(id(1), "1 is back".into());
    assert_eq!(written(&mut queue).await, ["1 is back"]);
}

#[tokio::test]
async fn s29_faces_take_no_place_from_changes() {
    let limits = Limits {
        outgoing_frames_max: 2,
        outgoing_bytes_max: 100,
        ..Limits::default()
    };
    let (outgoing, mut queue) = queue(&limits);
    for client in 0..1_000 {
        outgoing.face(id(client), "x".repeat(1_000).into());
    }
    assert_eq!(outgoing.frame("a".into()), Ok(()));
    assert_eq!(outgoing.frame("b".into()), Ok(()));
    assert_eq!(outgoing.frame("c".into()), Err(Slow));
    let written = written(&mut queue).await;
    assert_eq!(written[1_000..], ["a", "b"]);
    assert_eq!(written.len(), 1_002);
}
