//! The server is killed under load, again and again: R7, R9, R12, S17.

mod crashes;

use crashes::Plan;
use std::path::Path;

#[tokio::test]
async fn s17_r7_r9_r12_a_server_killed_under_load_keeps_its_word() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crashes");
    // What a killed run left over.
    let _nothing = std::fs::remove_dir_all(&folder);
    let plan = Plan {
        server: env!("CARGO_BIN_EXE_draftsync-server").into(),
        folder: folder.clone(),
        cycles: 10,
        clients: 8,
        seed: 1,
    };
    let outcome = crashes::run(&plan, |_| {}).await.expect("the plan ran");
    println!("{}\n{}", outcome.details(), outcome.line());
    let faults: Vec<_> = outcome.faults.iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(outcome.cycles, plan.cycles);
    // Without a load there is nothing to keep.
    assert!(outcome.acked > 500, "{} were acknowledged", outcome.acked);
    assert!(outcome.unknown > 20, "{} were cut off", outcome.unknown);
    assert!(outcome.repeated > 0, "none was offered again");
    // What is left over is removed by the next run.
    let _left = std::fs::remove_dir_all(&folder);
}
