//! The properties of rebase and apply, each with a hundred thousand random sessions.
#![cfg(not(target_arch = "wasm32"))]

mod oracle;
mod property;
mod support;

use property::{Progress, Property};

const CASES: u64 = 100_000;

fn holds(name: &str) {
    let property = Property::named(name).expect("a property of this name");
    let failures = property.attempt_many(1, CASES, CASES, &|progress| {
        if let Progress::Failed(seed, why) = progress {
            println!("cargo xtask soak --property {name} --cases 1 --seed {seed}  # {why}");
        }
    });
    assert_eq!(failures, 0, "{}: {}", property.name, property.says);
}

#[test]
fn p1_t12_what_rebase_emits_applies_to_the_letter() {
    holds("p1-strict-apply");
}

#[test]
fn p3_t2_one_operation_a_side_comes_to_the_same_either_way_round() {
    holds("p3-diamond");
}

#[test]
fn p4_r3_t13_what_the_room_takes_is_what_its_author_foresaw() {
    holds("p4-canonical-is-form");
}

#[test]
fn p5_t1_to_t44_a_walk_comes_to_what_the_id_tree_says() {
    holds("p5-id-tree");
}

#[test]
fn p6_p19_an_inverse_takes_its_patch_back_and_only_that() {
    holds("p6-inverse");
}

#[test]
fn p7_u1_undos_lead_back_to_each_state_and_redos_forth_again() {
    holds("p7-undo");
}

#[test]
fn p7_u4_undo_and_redo_leave_what_is_others() {
    holds("p7-others");
}

#[test]
fn p8_t1_t2_over_nothing_a_patch_stays_and_disjoint_patches_commute() {
    holds("p8-nothing-and-disjoint");
}

#[test]
fn p9_t42_a_refused_patch_leaves_what_had_been_without_it() {
    holds("p9-refused");
}
