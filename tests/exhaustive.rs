//! Every pair of patches of up to two operations on small documents, in both orders, through the
//! walker and the id tree.
#![cfg(not(target_arch = "wasm32"))]

mod oracle;
mod property;
mod support;

use property::alphabet::SMALL;
use property::exhaustive;

#[test]
fn t_every_pair_of_a_small_alphabet_comes_to_what_the_id_tree_says() {
    let mut pairs = 0;
    let mut failures = Vec::new();
    for alphabet in SMALL {
        let found = exhaustive::run(alphabet);
        println!("{}: {} pairs", alphabet.name, found.pairs);
        pairs += found.pairs;
        failures.extend(found.failures);
    }
    println!("{pairs} pairs");
    failures.iter().take(20).for_each(|line| println!("{line}"));
    assert_eq!(failures.len(), 0, "of {pairs} pairs");
}
