//! Laws of rebase and apply, each over one random session.

use super::case::Case;
use super::walk::{UNJUDGED, Walk, check_form, same};
use crate::oracle::{IdTree, is_sound};
use crate::support::Dice;
use draftsync::apply::{self, Rules};
use draftsync::op::{Op, Patch};
use draftsync::rebase::{Run, rebase};
use draftsync::tree::Tree;

/// P1. Whatever is rebased, over one change after the other or over all together, applies.
pub(crate) fn p1_strict_apply(case: &Case) -> Result<(), String> {
    let mut log: Vec<Patch<Tree>> = Vec::new();
    let mut doc = case.doc.clone();
    for patches in case.patches() {
        let together = over_all(&patches, &log);
        apply_all(&mut doc.clone(), &together)?;
        let forms = one_by_one(&patches, &log);
        apply_all(&mut doc, &forms)?;
        log.extend(forms);
    }
    Ok(())
}

/// P3. One operation a side, on the sound subset: either way round the diamond closes.
pub(crate) fn p3_diamond(case: &Case) -> Result<(), String> {
    let authors = case.patches();
    let first = |patches: &[Patch<Tree>]| patches.iter().flat_map(|p| &p.0).next().cloned();
    let (Some(earlier), Some(later)) = (first(&authors[0]), first(&authors[1])) else {
        return Ok(());
    };
    if !is_sound(&earlier, &later) {
        return Ok(());
    }
    let [earlier, later] = [earlier, later].map(|op| Patch(vec![op]));
    let mut doc = case.doc.clone();
    apply_all(&mut doc, std::slice::from_ref(&earlier))?;
    let over = over_all(std::slice::from_ref(&later), std::slice::from_ref(&earlier));
    apply_all(&mut doc, &over)?;
    let names = IdTree::new(&case.doc);
    let mut other = names.clone();
    other.take(&later);
    other.take_earlier(&names, &earlier.0[0]);
    same("document the other way round", &other.read(), &doc)
}

/// P5. A walk comes to what the id tree says: documents, reports, refusals, operations.
pub(crate) fn p5_id_tree(case: &Case) -> Result<(), String> {
    let names = IdTree::new(&case.doc);
    let mut dice = Dice::new(case.seed);
    let mut log: Vec<Patch<Tree>> = Vec::new();
    for patches in case.patches() {
        // The log as one walk over everything, some changes refused.
        let foreign: Vec<_> = log.iter().collect();
        let mut walk = Walk::new(&case.doc, &names, &foreign);
        for patch in &patches {
            let run = if dice.once_in(6) {
                Run::Refused
            } else {
                Run::Live
            };
            walk.patch(patch, run)?;
        }
        // One walk for each change of the log, as client and room do it.
        let mut base = case.doc.clone();
        let mut forms = patches;
        for change in &log {
            let mut walk = Walk::new(&base, &IdTree::new(&base), &[change]);
            forms = forms
                .iter()
                .map(|form| walk.patch(form, Run::Live).map(|rebased| rebased.patch))
                .collect::<Result<_, _>>()?;
            apply::apply(&mut base, change, &UNJUDGED).map_err(|error| error.to_string())?;
        }
        let forms = forms.iter().map(|form| form.without_tests().into_owned());
        log.extend(forms);
    }
    Ok(())
}

/// P6. An inverse takes its patch back, also after disjoint changes of others, and only that.
pub(crate) fn p6_inverse(case: &Case) -> Result<(), String> {
    let authors = case.patches();
    for patch in authors.iter().flatten().take(1) {
        let mut doc = case.doc.clone();
        let applied = apply::apply(&mut doc, patch, &UNJUDGED).map_err(|e| e.to_string())?;
        let inverse = applied.inverse();
        let mut back = doc.clone();
        apply::apply(&mut back, &inverse, &Rules::RFC).map_err(|error| error.to_string())?;
        same("document taken back", &back, &case.doc)?;
        let others = disjoint(&case.doc, &authors[1], &[patch, &inverse]);
        let mut alone = case.doc.clone();
        apply_all(&mut alone, &others)?;
        apply_all(&mut doc, &others)?;
        let undone = over_all(std::slice::from_ref(&inverse), &others);
        apply_all(&mut doc, &undone)?;
        same("document after undo", &doc, &alone)?;
    }
    Ok(())
}

/// P8. Over nothing a patch stays as it is; disjoint patches commute, and stay as they are.
pub(crate) fn p8_nothing_and_disjoint(case: &Case) -> Result<(), String> {
    let authors = case.patches();
    for patches in &authors {
        let mine = patches.iter().map(|patch| (patch, Run::Live));
        for (patch, rebased) in patches.iter().zip(rebase(mine, [])) {
            same("form over nothing", &rebased.patch, patch)?;
            same("report over nothing", &rebased.lost, &Vec::new())?;
            same("refusal over nothing", &rebased.refused, &None)?;
            let origin: Vec<usize> = (0..patch.0.len()).collect();
            same("origin over nothing", &rebased.origin, &origin)?;
        }
    }
    let Some(first) = authors[0].first() else {
        return Ok(());
    };
    let second = disjoint(&case.doc, &authors[1], &[first]);
    let first = std::slice::from_ref(first);
    let over = over_all(&second, first);
    same("form over a disjoint patch", &over, &second)?;
    let under = over_all(first, &second);
    same("form over disjoint patches", &under[0], &first[0])?;
    let mut one = case.doc.clone();
    apply_all(&mut one, first)?;
    apply_all(&mut one, &over)?;
    let mut other = case.doc.clone();
    apply_all(&mut other, &second)?;
    apply_all(&mut other, &under)?;
    same("document in the other order", &other, &one)
}

/// P9. A refused patch leaves what the session had been without it.
pub(crate) fn p9_refused(case: &Case) -> Result<(), String> {
    let authors = case.patches();
    let mut dice = Dice::new(case.seed);
    let (mine, foreign) = (&authors[0], &authors[1]);
    let (earlier, later) = mine.split_at(dice.below(mine.len()));
    let mut before = case.doc.clone();
    apply_all(&mut before, earlier)?;
    // Either nothing later touches what the refused patch touches, or that only inserts.
    let inserts = dice.once_in(2);
    let mut refused = Patch::default();
    let mut here = before.clone();
    for op in authors[2].iter().flat_map(Patch::to_text) {
        let mut next = here.clone();
        let Ok(written) = apply::write(&mut next, &[op], &UNJUDGED) else {
            continue;
        };
        let insert = |op: &Op<Tree>| matches!(op, Op::Ins(..) | Op::StrIns { .. });
        if !inserts || written.patch.0.iter().all(insert) {
            refused.0.extend(written.patch.0);
            here = next;
        }
    }
    let without = if inserts {
        later.to_vec()
    } else {
        disjoint(&before, later, &[&refused])
    };
    let with = over_all(&without, std::slice::from_ref(&refused));
    let session = |later: &[Patch<Tree>], refused: Option<&Patch<Tree>>| {
        let live = |patch| (patch, Run::Live);
        let refused = refused.map(|refused| (refused, Run::Refused));
        let mine = earlier.iter().map(live).chain(refused);
        let rebased = rebase(mine.chain(later.iter().map(live)), foreign);
        let mut doc = case.doc.clone();
        apply_all(&mut doc, foreign)?;
        let mut docs = Vec::new();
        for rebased in rebased {
            check_and_apply(&mut doc, &rebased.patch)?;
            docs.push(doc.clone());
        }
        Ok::<_, String>(docs)
    };
    let mut with = session(&with, Some(&refused))?;
    with.remove(earlier.len());
    same("documents", &with, &session(&without, None)?)
}

/// Of `patches`, which are written on `doc`, the operations that are disjoint from all of `from`.
fn disjoint(doc: &Tree, patches: &[Patch<Tree>], from: &[&Patch<Tree>]) -> Vec<Patch<Tree>> {
    let mut replica = doc.clone();
    let patch = |patch: &Patch<Tree>| {
        let mut kept = Patch::default();
        for op in &patch.0 {
            let one = Patch(vec![op.clone()]);
            let apart = from.iter().all(|from| one.is_disjoint(from));
            // Without those left out it may not fit any more, or be another operation.
            if apart && apply::apply(&mut replica, &one, &Rules::RFC).is_ok() {
                kept.0.extend(one.0);
            }
        }
        kept
    };
    patches.iter().map(patch).collect()
}

fn over_all(patches: &[Patch<Tree>], log: &[Patch<Tree>]) -> Vec<Patch<Tree>> {
    let mine = patches.iter().map(|patch| (patch, Run::Live));
    rebase(mine, log)
        .into_iter()
        .map(|rebased| rebased.patch)
        .collect()
}

fn one_by_one(patches: &[Patch<Tree>], log: &[Patch<Tree>]) -> Vec<Patch<Tree>> {
    let over = |forms: Vec<_>, change: &Patch<Tree>| over_all(&forms, std::slice::from_ref(change));
    let forms = log.iter().fold(patches.to_vec(), over);
    forms
        .iter()
        .map(|form| form.without_tests().into_owned())
        .collect()
}

fn check_and_apply(doc: &mut Tree, form: &Patch<Tree>) -> Result<(), String> {
    check_form(doc, form)?;
    apply::apply(doc, form, &UNJUDGED)
        .map(|_| ())
        .map_err(|error| format!("what was emitted does not apply: {error}"))
}

fn apply_all(doc: &mut Tree, patches: &[Patch<Tree>]) -> Result<(), String> {
    patches.iter().try_for_each(|patch| {
        apply::apply(doc, patch, &UNJUDGED)
            .map(|_| ())
            .map_err(|error| format!("{error}: {patch:?}"))
    })
}
