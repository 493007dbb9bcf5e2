//! What comparing questions takes.

use divan::Bencher;
use tiercel_semantic::{DIMENSIONS, Embedder, dot_i8};

use crate::inputs::prompt;

/// A question of 60 bytes.
const QUESTION: &str = "How can I change the delivery address of my last order today";

#[divan::bench]
fn embed_question(bencher: Bencher<'_, '_>) {
    let embedder = Embedder::shipped();
    bencher.bench_local(|| embedder.embed(divan::black_box(QUESTION)));
}

/// Of which the first 512 pieces of words are looked at.
#[divan::bench(args = [500, 2_000, 1_000_000])]
fn embed(bencher: Bencher<'_, '_>, n_bytes: usize) {
    let embedder = Embedder::shipped();
    let text = prompt(n_bytes);
    bencher.bench_local(|| embedder.embed(&text));
}

#[divan::bench]
fn dot_of_bytes(bencher: Bencher<'_, '_>) {
    let (left, right) = ([7_i8; DIMENSIONS], [-3_i8; DIMENSIONS]);
    bencher.bench_local(|| dot_i8(divan::black_box(&left), divan::black_box(&right)));
}
