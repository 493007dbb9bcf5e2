//! What a text means, as a direction.

/// How many numbers an embedding has.
pub const DIMENSIONS: usize = 256;

/// A direction in the space of meanings: of length one, or nothing but zeros where a text has no known word.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(Box<[f32; DIMENSIONS]>);

impl Embedding {
    /// The direction of a vector of any length. A vector with a number that is not finite has none, and gives zeros.
    pub fn of(mut vector: [f32; DIMENSIONS]) -> Self {
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        let is_direction = length.is_finite() && length > 0.0;
        for value in &mut vector {
            *value = if is_direction { *value / length } else { 0.0 };
        }
        Self(Box::new(vector))
    }

    /// Its numbers.
    pub fn values(&self) -> &[f32; DIMENSIONS] {
        &self.0
    }

    /// How alike two meanings are, from -1 to 1; 0 where one of them is nothing.
    pub fn cosine(&self, other: &Self) -> f32 {
        self.0.iter().zip(&*other.0).map(|(left, right)| left * right).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_direction_is_like_nothing() {
        let along = |axis: usize, length: f32| {
            let mut vector = [0.0; DIMENSIONS];
            vector[axis] = length;
            Embedding::of(vector)
        };
        let check = |name: &str, expected: f32, left: &Embedding, right: &Embedding| {
            assert!((expected - left.cosine(right)).abs() < 1e-6, "{name}: {}", left.cosine(right));
        };
        check("the same direction", 1.0, &along(0, 2.0), &along(0, 0.5));
        check("another", 0.0, &along(0, 2.0), &along(1, 2.0));
        check("the opposite", -1.0, &along(0, 2.0), &along(0, -2.0));
        check("nothing", 0.0, &along(0, 0.0), &along(0, 1.0));
        check("not a number", 0.0, &along(0, f32::NAN), &along(0, 1.0));
        check("beyond numbers", 0.0, &along(0, f32::MAX), &along(0, 1.0));
    }
}
