//! The name that was probably meant.

/// The nearest of `names` to `name`, when it is near enough to be a slip: a third of the letters, swaps counted once.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips = (name.chars().count() / 3).max(1);
    let distance = |candidate: &&str| strsim::osa_distance(name, candidate);
    names.into_iter().min_by_key(distance).filter(|best| distance(best) <= slips)
}
