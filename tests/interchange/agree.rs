//! A schema accepts what the rules it carries accept: held by the `jsonschema` crate on made-up blocks and answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use rulegate::interchange::export;

use crate::generate::{self, Dice};
use crate::support::{cases, plain, rules, target};

const ANSWERS: usize = 60;

#[test]
fn schema_and_carried_rules_accept_the_same_answers() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..cases(250) {
        let block = generate::block(seed);
        let rules = rules(&block.text);
        let export = export(&rules, "made", target("draft2020-12")).unwrap();
        let schema = plain(&export.schema);
        let judge =
            jsonschema::options().should_validate_formats(true).build(&schema).unwrap_or_else(|error| panic!("{error}\n{schema:#}"));
        let mut dice = Dice::new(seed + 1_000_000);
        let answers: Vec<_> = (0..ANSWERS).map(|_| block.answer(&mut dice)).collect();
        let texts: StringArray = answers.iter().map(|answer| Some(answer.to_string())).collect();
        let batch = RecordBatch::try_from_iter([("response", Arc::new(texts) as ArrayRef)]).unwrap();
        let verdict = rules.bind(&batch.schema()).unwrap().validate(&batch).unwrap();
        let carried: BTreeSet<&str> = export.carried.iter().map(|carried| carried.rule.as_str()).collect();
        let failing: Vec<_> = carried.iter().filter_map(|id| Some((*id, verdict.rule_failing(id)?))).collect();
        for (row, answer) in answers.iter().enumerate() {
            let failed: Vec<&str> = failing.iter().filter(|(_, mask)| mask.value(row)).map(|(id, _)| *id).collect();
            let errors: Vec<String> = judge.iter_errors(answer).map(|error| format!("{} at {}", error, error.instance_path())).collect();
            assert_eq!(
                failed.is_empty(),
                errors.is_empty(),
                "seed {seed}\n{answer}\nrules: {failed:?}\nschema: {errors:?}\n{}\n{schema:#}",
                block.text
            );
            *(if errors.is_empty() { &mut accepted } else { &mut refused }) += 1;
        }
    }
    assert!(accepted > refused / 10 && refused > accepted / 10, "{accepted} accepted, {refused} refused");
}
