//! The generator keeps its promises: cases are what they say, and transformations keep the rows.

use super::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn some_cases(count: usize) -> Vec<Case> {
    let mut runner = TestRunner::deterministic();
    let strategy = case();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("the strategy rejects nothing").current()).collect()
}

fn rows(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

#[test]
fn a_seed_gives_one_case() {
    let (first, second) = (some_cases(8), some_cases(8));
    for (a, b) in first.iter().zip(&second) {
        assert_eq!(a.rules, b.rules);
        assert_eq!(format!("{:?}", a.batches), format!("{:?}", b.batches));
    }
}

#[test]
fn transformations_keep_the_rows() {
    for case in some_cases(24) {
        for batch in &case.batches {
            assert_eq!(slice_at_offset(batch), *batch);
            for layout in LAYOUTS {
                assert_eq!(relayout(batch, layout).num_rows(), batch.num_rows());
            }
        }
        for size in [1, 7, 8192] {
            assert_eq!(rows(&rebatch(&case.batches, size)), rows(&case.batches));
        }
    }
}

#[test]
fn the_simplest_case_is_empty_and_whole() {
    let case = decode(&[Vec::new()], &[], &[], &[], &[]);
    assert_eq!(rows(&case.batches), 0);
    assert!(case.rules.contains("c0 : int64"));
}
