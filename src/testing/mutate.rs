//! Which changes of rules the tests notice.

use rayon::prelude::*;
use serde::Serialize;

use crate::compile::RuleSet;

use super::coverage::exempt;
use super::expect::compare;
use super::judge::{Bench, Judged, Said};
use super::mutants::{Mutant, mutants};
use super::{Options, Verdict};

/// What became of the mutants of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RuleMutants {
    /// The rule's id.
    pub rule: String,
    /// How many were tried; the first drops the rule altogether.
    pub tried: usize,
    /// Those that no test noticed, in words.
    pub survivors: Vec<String>,
}

impl RuleMutants {
    /// What is said of a rule that could be dropped.
    pub const DROPPED: &'static str = "dropped";

    /// Whether no test would notice if the rule were not there.
    #[must_use]
    pub fn is_unneeded(&self) -> bool {
        self.survivors.iter().any(|survivor| survivor == Self::DROPPED)
    }
}

/// Changes each rule a little, in several ways, and runs the tests again: a change that lets every test pass that passed before is a
/// change that nobody would notice.
///
/// Each rule is dropped; its condition is negated; its `<` becomes `<=` and the other way round; its constants move by a unit of their
/// last place; its sets lose a value; its `when` goes. Rules that no row could make fail are left out, as in [`RuleCoverage`](super::RuleCoverage).
#[must_use]
pub fn mutate(rules: &RuleSet, options: &Options<'_>) -> Vec<RuleMutants> {
    let benches = rules.blocks.iter().map(|block| Bench::new(rules, block, options));
    benches.flat_map(|bench| of_bench(rules, &bench, options)).collect()
}

fn of_bench(rules: &RuleSet, bench: &Bench<'_>, options: &Options<'_>) -> Vec<RuleMutants> {
    let Ok(judged) = bench.judge(rules, options) else { return Vec::new() };
    let tried = |rule: usize| exempt(bench, &judged, rule).is_none();
    let (changed, told) = mutants(rules, bench.block, tried);
    let Ok(of_mutants) = bench.judge(&changed, options) else { return Vec::new() };
    let tests: Vec<(usize, &Said)> = passing(bench, &judged).collect();
    let noticed = noticed(bench, &tests, &of_mutants, &told);
    let mut out: Vec<(usize, RuleMutants)> = bench
        .block
        .rules
        .iter()
        .enumerate()
        .filter(|(at, _)| tried(*at))
        .map(|(at, rule)| {
            let kept = if drops_unseen(bench, &tests, at) { vec![RuleMutants::DROPPED.to_owned()] } else { Vec::new() };
            (at, RuleMutants { rule: rule.id.clone(), tried: 1, survivors: kept })
        })
        .collect();
    for (mutant, noticed) in told.iter().zip(noticed) {
        let Some((_, rule)) = out.iter_mut().find(|(at, _)| *at == mutant.rule) else { continue };
        rule.tried += 1;
        if !noticed {
            rule.survivors.push(mutant.change.clone());
        }
    }
    out.into_iter().map(|(_, rule)| rule).collect()
}

/// For each mutant whether a test notices it.
fn noticed(bench: &Bench<'_>, tests: &[(usize, &Said)], of_mutants: &Judged, told: &[Mutant]) -> Vec<bool> {
    told.par_iter()
        .enumerate()
        .map(|(index, mutant)| {
            tests.iter().any(|(at, said)| {
                let changed = of_mutants.tests.get(*at).and_then(|said| said.verdicts.get(bench.block.rules.len() + index)).copied();
                changed.is_some_and(|verdict| fails_with(bench, *at, said, mutant.rule, verdict))
            })
        })
        .collect()
}

/// Whether every test that passes would pass without a rule.
fn drops_unseen(bench: &Bench<'_>, tests: &[(usize, &Said)], rule: usize) -> bool {
    !tests.iter().any(|(at, said)| fails_with(bench, *at, said, rule, Verdict::NotAsked))
}

/// The tests that pass as the rules stand.
fn passing<'a>(bench: &'a Bench<'_>, judged: &'a Judged) -> impl Iterator<Item = (usize, &'a Said)> {
    let tests = bench.cases.iter().zip(&judged.tests).enumerate();
    tests
        .filter(|(_, ((_, case), said))| !said.verdicts.is_empty() && compare(bench.block, case, said).is_empty())
        .map(|(at, (_, said))| (at, said))
}

/// Whether a test that passes would fail if one rule said something else.
fn fails_with(bench: &Bench<'_>, test: usize, said: &Said, rule: usize, verdict: Verdict) -> bool {
    if said.verdicts.get(rule).is_none_or(|before| *before == verdict) {
        return false;
    }
    let Some((_, case)) = bench.cases.get(test) else { return false };
    let mut verdicts = said.verdicts.clone();
    if let Some(place) = verdicts.get_mut(rule) {
        *place = verdict;
    }
    !compare(bench.block, case, &Said { verdicts, report: said.report.clone() }).is_empty()
}
