//! The name that was probably meant.

/// A hint for who wrote `name`, which is none of `names`: the one that was probably meant, or all of them.
pub(crate) fn hint<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", names.join(", ")),
    }
}

/// The nearest of `names` to `name`, when it is near enough to be a slip: a third of the letters, swaps counted once.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips = (name.chars().count() / 3).max(1);
    let distance = |candidate: &&str| strsim::osa_distance(name, candidate);
    names.into_iter().min_by_key(distance).filter(|best| distance(best) <= slips)
}
