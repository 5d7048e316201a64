//! Every call to the disk is once the last one, once one that fails, and once the one at which the power goes.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::mem::{Fate, Mem};
use super::{SCENES, Scene};
use crate::commit::recover::recover_on;
use crate::commit::{CommitError, Settled};

/// Seeds of losses of power at each call.
const SEEDS: u64 = 12;

fn recover(disk: &Mem) -> bool {
    ["/a", "/b"].iter().all(|folder| recover_on(disk, Path::new(folder)).is_ok_and(|recovery| recovery.failed.is_empty()))
}

/// Recovers, looks, recovers once more and looks again.
fn settled(scene: &Scene, disk: &Mem, place: &str) -> &'static str {
    let recovery = ["/a", "/b"].map(|folder| recover_on(disk, Path::new(folder)).unwrap());
    for found in &recovery {
        assert!(found.failed.is_empty() && found.left.is_empty(), "{place}: {found:?} {disk:?}");
    }
    assert_eq!(disk.hidden(), Vec::<std::path::PathBuf>::new(), "{place}");
    let which = scene.which(disk);
    let undone = recovery.iter().flat_map(|found| &found.settled).any(|run| run.settled == Settled::Undone);
    assert!(!(undone && which == "new"), "{place}: told to be undone, and it was done");
    assert!(recover_on(disk, Path::new("/a")).unwrap().settled.is_empty(), "{place}: recovered twice");
    assert_eq!(scene.which(disk), which, "{place}");
    which
}

/// What is there after a recovery that is killed at each of its own calls, and then run to its end.
fn recoveries_end_too(scene: &Scene, disk: &Mem, expected: &str, place: &str) {
    for second in 0.. {
        let disk = disk.copy();
        disk.at(second, Fate::End);
        recover(&disk);
        let met = disk.met();
        disk.revive();
        assert_eq!(settled(scene, &disk, &format!("{place}, recovery killed at {second}")), expected);
        if !met {
            return;
        }
    }
}

#[test]
fn a_kill_at_any_call_leaves_old_or_new_and_so_does_a_kill_of_the_recovery() {
    for (number, scene) in SCENES.iter().enumerate() {
        let mut seen = Vec::new();
        for n in 0.. {
            let disk = scene.disk();
            disk.at(n, Fate::End);
            let result = scene.write(&disk, "new");
            let met = disk.met();
            disk.revive();
            let place = format!("scene {number}, killed at {n}");
            let next_run = disk.copy();
            let first = disk.copy();
            let which = settled(scene, &first, &place);
            assert!(result.is_err() || which == "new", "{place}");
            recoveries_end_too(scene, &disk, which, &place);
            // The next run needs no `recover`.
            scene.write(&next_run, "new").unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!((scene.which(&next_run), next_run.hidden().len()), ("new", 0), "{place}");
            seen.push(which);
            if !met {
                break;
            }
        }
        // Once the files are committed they stay so: there is one moment at which old becomes new.
        let first_new = seen.iter().position(|which| *which == "new").unwrap();
        assert!(
            first_new > 10 && seen.len() > first_new + 1 && seen[first_new..].iter().all(|which| *which == "new"),
            "{number}: {seen:?}"
        );
    }
}

#[test]
fn a_loss_of_power_at_any_call_leaves_old_or_new() {
    for (number, scene) in SCENES.iter().enumerate() {
        for n in 0.. {
            let mut met = false;
            for seed in 0..SEEDS {
                let disk = scene.disk();
                disk.at(n, Fate::End);
                let result = scene.write(&disk, "new");
                met = disk.met();
                disk.lose_power(seed * 1_000_003 + n as u64);
                let place = format!("scene {number}, power lost at {n}, seed {seed}");
                let which = settled(scene, &disk, &place);
                assert!(result.is_err() || which == "new", "{place}: success was told, and is not there");
            }
            if !met {
                break;
            }
        }
    }
}

#[test]
fn a_call_that_fails_leaves_old_or_new_at_once_and_the_error_says_which() {
    for (number, scene) in SCENES.iter().enumerate() {
        for kind in [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::Other] {
            for n in 0.. {
                let disk = scene.disk();
                disk.at(n, Fate::Fail(kind));
                let result = scene.write(&disk, "new");
                let met = disk.met();
                disk.revive();
                let place = format!("scene {number}, call {n} fails: {result:?}");
                match result {
                    Ok(()) => assert_eq!(scene.which(&disk), "new", "{place}"),
                    Err(CommitError::Unfinished { .. }) => assert_eq!(settled(scene, &disk, &place), "new"),
                    Err(_) => assert_eq!(scene.which(&disk), "old", "{place}"),
                }
                settled(scene, &disk, &place);
                if !met {
                    break;
                }
            }
        }
    }
}

#[test]
fn two_runs_into_one_file_are_not_let_at_it_together() {
    let scene = &SCENES[1];
    let disk = scene.disk();
    let targets = [crate::commit::Target::new("/b/bad", "data")];
    let shared = Arc::clone(&disk) as Arc<dyn crate::commit::disk::Disk>;
    let first = crate::commit::Commit::begin_on(shared, &targets, crate::commit::Keep::Nothing).unwrap();
    let second = scene.write(&disk, "new");
    assert!(matches!(second, Err(CommitError::Busy { .. })), "{second:?}");
    assert_eq!(scene.which(&disk), "old");
    drop(first);
    scene.write(&disk, "new").unwrap();
    assert_eq!((scene.which(&disk), disk.hidden().len()), ("new", 0));
}
