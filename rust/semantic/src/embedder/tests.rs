//! The table: what a text means by it, and which files it is read from.

use proptest::prelude::*;

use super::*;

/// Two words along an axis of their own, of which the second counts twice.
fn small() -> Embedder {
    Embedder::build("small", &["cat", "dog"], &[along(0, 1.0), along(1, 2.0)]).unwrap()
}

fn along(axis: usize, length: f32) -> [f32; DIMENSIONS] {
    let mut vector = [0.0; DIMENSIONS];
    vector[axis] = length;
    vector
}

#[test]
fn what_texts_mean() {
    let embedder = small();
    let check = |name: &str, text: &str, expected: [f32; 2]| {
        let found = embedder.embed(text);
        for (found, expected) in found.values().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-3, "{name}: {found} for {expected}");
        }
    };
    let root = 5_f32.sqrt();
    check("a word", "cat", [1.0, 0.0]);
    check("the same twice", "cat cat", [1.0, 0.0]);
    check("two words", "cat dog", [1.0 / root, 2.0 / root]);
    check("the other order", "dog cat", [1.0 / root, 2.0 / root]);
    check("unknown words count for nothing", "a cat and a dog", [1.0 / root, 2.0 / root]);
    check("nothing", "", [0.0, 0.0]);
    check("no word that is known", "bird", [0.0, 0.0]);
    check("what is beyond the bound", &("cat ".repeat(MAX_PIECES) + "dog"), [1.0, 0.0]);
    check("a megabyte", &"cat ".repeat(250_000), [1.0, 0.0]);
    check("a megabyte of nothing", &"\u{301}".repeat(500_000), [0.0, 0.0]);
}

#[test]
fn sums_of_the_greatest_numbers_are_within_bounds() {
    let embedder = Embedder::build("great", &["a"], &[[-3e38; DIMENSIONS]]).unwrap();
    let one = embedder.embed("a");

    assert_eq!(one, embedder.embed(&"a ".repeat(MAX_PIECES)));
    assert!((one.cosine(&one) - 1.0).abs() < 1e-5);
}

#[test]
fn what_ships_is_whole_and_tells_questions_apart() {
    let embedder = Embedder::shipped();
    let like = |left: &str, right: &str| embedder.embed(left).cosine(&embedder.embed(right));

    assert!(embedder.pieces().len() > 20_000, "{embedder:?}");
    assert_eq!(embedder.write(), include_bytes!("shipped.weights"));
    assert!(like("How do I reset my password?", "I forgot my password") > 0.5);
    assert!(like("How do I reset my password?", "What is the capital of France?") < 0.3);
}

#[test]
fn what_there_can_be_no_embedder_of() {
    let check = |expected: &str, name: &str, pieces: &[&str], vectors: &[[f32; DIMENSIONS]]| {
        let error = Embedder::build(name, pieces, vectors).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let one = [along(0, 1.0)];
    check("1 vectors for 2 pieces", "x", &["a", "b"], &one);
    check("1 to 65536 pieces, not 0", "x", &[], &[]);
    check("not finite", "x", &["a"], &[along(0, f32::NAN)]);
    check("there twice", "x", &["a", "a"], &[along(0, 1.0), along(0, 1.0)]);
    check("is empty", "x", &[""], &one);
    check("1 to 64 bytes, not 0", "", &["a"], &one);
    check("1 to 64 bytes, not 65", &"x".repeat(65), &["a"], &one);
}

#[test]
fn what_is_no_weights_file() {
    let whole = small().write();
    let check = |expected: &str, bytes: &[u8]| {
        let error = Embedder::read(bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("no file of embedder weights", b"");
    check("no file of embedder weights", b"tiercel embedder 2\n");
    check("checksum is wrong", &whole[..whole.len() - 1]);
    check("checksum is wrong", &[&whole[..], b"x"].concat());
    check("end too early", &signed(&whole[..30]));
    check("end too early", &signed(b"tiercel embedder 1\n\x01x\x00\x00\x01\x00"));
    check("1 to 65536 pieces, not 65537", &signed(b"tiercel embedder 1\n\x01x\x01\x00\x01\x00"));
    check("bytes of rows for 2 pieces", &signed(&whole[..whole.len() - 33]));
    check("no UTF-8", &signed(b"tiercel embedder 1\n\x01\xff"));
    check("is negative", &signed(b"tiercel embedder 1\n\x01x\x01\x00\x00\x00\x01a\xff\xff"));
}

fn signed(content: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};

    [content, Sha256::digest(content).as_slice()].concat()
}

proptest! {
    #[test]
    fn what_is_written_is_read(vectors in prop::collection::vec(prop::array::uniform32(-1e3_f32..1e3), 1..8)) {
        let pieces: Vec<String> = (0..vectors.len()).map(|number| format!("x{number}")).collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let vectors: Vec<_> = vectors.iter().map(|numbers| std::array::from_fn(|at| numbers[at % 32])).collect();
        let embedder = Embedder::build("x", &pieces, &vectors).unwrap();
        let read = Embedder::read(&embedder.write()).unwrap();

        prop_assert_eq!(embedder.write(), read.write());
        prop_assert_eq!(embedder.embed("x0 x1"), read.embed("x0 x1"));
        for (piece, vector) in pieces.iter().zip(vectors) {
            prop_assert!(embedder.embed(piece).cosine(&Embedding::of(vector)) > 0.999);
        }
    }

    #[test]
    fn a_flipped_bit_is_found(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = small().write();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;

        prop_assert!(Embedder::read(&bytes).is_err());
    }

    #[test]
    fn any_content_with_a_right_checksum_is_read_or_refused(content in any::<Vec<u8>>()) {
        let _ = Embedder::read(&signed(&[b"tiercel embedder 1\n", content.as_slice()].concat()));
    }

    #[test]
    fn any_text_has_a_direction_or_none(text in any::<String>()) {
        let found = Embedder::shipped().embed(&text);
        let length = found.cosine(&found);

        prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-5);
    }
}
